import Foundation
import ModelFiles

/// Failures of the command line itself.
enum CommandError: Failure {
  /// The default model was not fetched.
  case defaultModelMissing(looked: [String])
  /// An option's value makes no sense.
  case option(name: String, value: String, expected: String)
  /// Two options contradict each other.
  case conflict(String)
  /// A configuration file cannot be used.
  case configuration(file: String, problem: String)
  /// A line of a file that cannot be used.
  case line(file: String, number: Int, problem: String)
  /// A file does not hold exactly one vector of that name.
  case vector(path: String, name: String?, available: [String])
  /// The run was interrupted.
  case interrupted(output: String)
  /// A launcher started another number of processes than the whole was divided into.
  case divided(file: String, shards: Int, processes: Int)
  /// A merge was interrupted.
  case interruptedMerge(output: String)
  /// A search was interrupted.
  case interruptedSearch(output: String)
  /// An analysis of modules was interrupted.
  case interruptedReadings(output: String)
  /// A result is of another model, or was made in another way.
  case otherResult(path: String, what: String, found: String, expected: String)
  /// A step was done with something else.
  case otherStep(folder: String)

  var kind: FailureKind {
    switch self {
    case .defaultModelMissing: .missingInput
    case .option, .conflict: .usage
    case .vector, .line, .configuration: .badInput
    case .interrupted, .interruptedMerge, .interruptedSearch, .interruptedReadings: .tryAgain
    case .divided, .otherResult, .otherStep: .mismatch
    }
  }

  var description: String {
    switch self {
    case .defaultModelMissing(let looked):
      "The default model smollm2 was not found in \(looked.joined(separator: ", ")); run `make setup` in "
        + "the Plumbline checkout, or name a GGUF file or a HuggingFace folder with --model."
    case .option(let name, let value, let expected):
      "--\(name) \(value.isEmpty ? "\"\"" : "\(ByteString(value))") is not understood; "
        + "expected \(expected)."
    case .conflict(let sentence):
      sentence
    case .configuration(let file, let problem):
      "\(ByteString(file)) cannot be used: \(problem)."
    case .line(let file, let number, let problem):
      "Line \(number) of \(ByteString(file)) cannot be used: \(problem)."
    case .vector(let path, let name, let available):
      "\(ByteString(path)) holds \(available.count) vectors"
        + (name.map { ", none of them called \(ByteString($0))" } ?? "")
        + "; name one as FILE.safetensors:TENSOR, of \(available.prefix(8).joined(separator: ", "))."
    case .interrupted(let output):
      "Interrupted; what was committed is kept in \(ByteString(output)).part, and the same command "
        + "goes on from there."
    case .divided(let file, let shards, let processes):
      "\(ByteString(file)) is one of \(shards) shards, but --shard auto makes \(processes); give "
        + "--shard auto/\(shards) to go on with those, or --overwrite to divide anew."
    case .interruptedSearch(let output):
      "Interrupted; finished counts are kept in \(ByteString(output)), and the same command goes on from "
        + "there."
    case .interruptedReadings(let output):
      "Interrupted; finished readings are kept in \(ByteString(output)), and the same command goes on from "
        + "there."
    case .otherResult(let path, let what, let found, let expected):
      "\(ByteString(path)) was made with the \(what) \(ByteString(found)), and these options mean "
        + "\(ByteString(expected)); layers of different models cannot be ranked together."
    case .otherStep(let folder):
      "\(ByteString(folder)) holds a result of another model, other prompts or settings, or of something else; "
        + "give --overwrite to begin anew, or choose another --output."
    case .interruptedMerge(let output):
      "Interrupted; \(ByteString(output)) was not made, run the same command again to make it."
    }
  }
}

/// Standard output cannot be written.
struct OutputError: Failure {
  let code: Int32
  var kind: FailureKind { .inputOutput }
  var description: String {
    unsafe "Standard output cannot be written: \(String(cString: strerror(code)))."
  }
}

/// Whoever read standard output, such as `head`, has had enough: the run ends and there is nothing to say.
enum OutputClosed: Error {
  case byReader
}
