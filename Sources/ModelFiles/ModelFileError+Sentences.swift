#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ModelFileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound(let path): "\(shown(path)) does not exist."
    case .isFolder(let path): "\(shown(path)) is a folder, but a file is needed here."
    case .notRegularFile(let path):
      "\(shown(path)) is a device, pipe or socket, but a regular file is needed here."
    case .emptyFile(let path): "\(shown(path)) is empty; the download may be incomplete."
    case .symbolicLink(let path):
      "\(shown(path)) is a symbolic link, which is not followed for a name found inside a file; "
        + "put the file itself there."
    case .cannotOpen(let path, let code): "\(shown(path)) cannot be opened: \(systemText(code))."
    case .tooLarge(let path, let count, let limit):
      "\(shown(path)) has \(count) bytes, more than the \(limit) that such a file may have."
    case .stranger(let path, let stranger, let expected):
      sentence(path, stranger, expected: expected)
    case .json(let path, let error): "\(shown(path)) is not strict JSON: \(error)."
    case .safetensors(let path, let fault):
      "\(shown(path)) is not a sound safetensors file: \(fault.phrase) (\(fault.rule))."
    case .safetensorsIndex(let path, let fault):
      "\(shown(path)) is not a sound index: \(fault.phrase) (\(fault.rule))."
    case .gguf(let path, let offset, let fault):
      "\(shown(path)) is not a sound GGUF file: \(fault.phrase) "
        + "(\(fault.rule)\(offset.map { ", byte \($0)" } ?? ""))."
    case .configuration(let path, let rule, let fault):
      "\(shown(path)) does not describe \(rule.subject): \(fault.phrase) (\(rule.rawValue))."
    case .archive(let path, let fault):
      "\(shown(path)) is not a sound .npz file: \(fault.phrase)."
    case .arrayEnding(let path):
      "\(shown(path)) has to end in .safetensors or .npz; which of the two is it?"
    case .missingPart(let folder, let part): sentence(folder, part)
    case .tensorsDoNotFit(let path, let format, let mismatches):
      mismatches.sentence(path: shown(path), format: format)
    case .adapterDoesNotFit(let path, let source, let mismatches):
      mismatches.sentence(path: shown(path), source)
    case .unreadableType(let tensor, let file, let type):
      "\(tensor) in \(shown(file)) is stored as \(type), which is not read; supported are "
        + "\(ElementType.readable.map(\.name).joined(separator: ", "))."
    case .notFinite(let tensor, let file, let index, let value):
      "\(tensor) in \(shown(file)) is \(value) at \(index); weights have to be finite, so the file "
        + "is damaged or came from a diverged run."
    case .outputExists(let path):
      "\(shown(path)) exists already; name another file or ask for it to be replaced."
    case .folderExists(let path):
      "\(shown(path)) exists already, and a folder is not replaced; name another."
    case .outputIsFolder(let path): "\(shown(path)) is a folder; name a file to write."
    case .valuesTooLarge(let tensor, let type):
      "\(tensor) has values that \(type) does not reach; write the model as f32 or bf16."
    case .cannotExport(let path, let fault):
      "\(shown(path)) cannot be written as a HuggingFace folder: \(fault.phrase)."
    case .cannotWrite(let path, let step, let code):
      "\(shown(path)) cannot be \(step.participle): \(systemText(code))."
    }
  }
}

private func sentence(_ path: String, _ stranger: Stranger, expected: String) -> String {
  switch stranger {
  case .gitLFSPointer:
    "\(shown(path)) is a Git LFS pointer instead of \(expected); fetch the file itself with "
      + "`git lfs pull`."
  case .webPage:
    "\(shown(path)) is a web page instead of \(expected); the download went wrong, perhaps for want "
      + "of a login."
  case .pickle:
    "\(shown(path)) holds pickled Python objects, which can run code and are never opened; name "
      + "\(expected) instead."
  case .safetensors:
    "\(shown(path)) is only the weights of a model; name the folder that has them together with "
      + "config.json."
  }
}

private func sentence(_ folder: String, _ part: ModelPart) -> String {
  switch part {
  case .configuration:
    "\(shown(folder)) has no config.json; a model is a folder with config.json, tokenizer.json and "
      + "safetensors, or a GGUF file."
  case .baseOfAdapter:
    "\(shown(folder)) is an adapter without a model; name the model it was trained on, and the "
      + "adapter beside it."
  case .ggufInside(let file):
    "\(shown(folder)) has no config.json; to use the GGUF file in it, name \(shown(file)) itself."
  case .weights:
    "\(shown(folder)) has no weights: neither model.safetensors nor model.safetensors.index.json."
  case .safetensorsInsteadOf(let file):
    "\(shown(folder)) has its weights only in \(shown(file)), which holds pickled Python objects and "
      + "is never opened; convert it to model.safetensors or look for a version with safetensors."
  case .tokenizer:
    "\(shown(folder)) has no tokenizer.json; save the model's fast tokenizer into the folder."
  case .adapterConfiguration:
    "\(shown(folder)) has no adapter_config.json; an adapter is a folder with adapter_config.json and "
      + "adapter_model.safetensors, as PEFT saves it."
  case .adapterInModel:
    "\(shown(folder)) is a model and no adapter: it has config.json and no adapter_config.json."
  case .adapterWeights:
    "\(shown(folder)) has no adapter_model.safetensors; the download may be incomplete."
  case .adapterInsteadOfPickle:
    "\(shown(folder)) has its factors only in adapter_model.bin, which holds pickled Python objects and is "
      + "never opened; load it with PEFT on a machine you trust and save it again, which writes "
      + "adapter_model.safetensors."
  }
}

extension ConfigurationRule {
  /// What a configuration that breaks the rule does not describe.
  fileprivate var subject: String {
    switch self {
    case .json, .gguf: "a model that can be run"
    case .adapter: "an adapter that can be applied"
    }
  }
}

extension WriteStep {
  fileprivate var participle: String {
    switch self {
    case .create: "created"
    case .write: "written"
    case .sync: "brought to disk"
    case .name: "given its name"
    }
  }
}

extension TensorMismatches {
  private static let listedCount = 6

  fileprivate func sentence(path: String, format: Checkpoint.Format) -> String {
    let source = format == .gguf ? "its metadata" : "config.json"
    let question =
      format == .gguf
      ? "Is the file complete, and of this architecture?"
      : "Is this config.json from the same checkpoint?"
    return sentence(path: path, source: source, question: question)
  }

  fileprivate func sentence(path: String, _ requirement: AdapterRequirement) -> String {
    switch requirement {
    case .configuration:
      sentence(
        path: path, source: "adapter_config.json",
        question: "Are the two from the same adapter, and complete?")
    case .model(let base):
      sentence(path: path, source: shown(base), question: "Is it an adapter of another model?")
    }
  }

  private func sentence(path: String, source: String, question: String) -> String {
    if misshapen.count == 1, missing.isEmpty, unused.isEmpty, unreadable.isEmpty {
      return "\(Self.text(misshapen[0], source: source)). \(question)"
    }
    var parts: [String] = []
    if !missing.isEmpty { parts.append("missing: \(Self.list(missing.map(shown)))") }
    if !unused.isEmpty { parts.append("without use: \(Self.list(unused.map(shown)))") }
    if !misshapen.isEmpty {
      parts.append(Self.list(misshapen.map { Self.text($0, source: source) }))
    }
    if !unreadable.isEmpty {
      let texts = unreadable.map { "\(shown($0.name)) (\($0.type))" }
      parts.append("of a type that is not read: \(Self.list(texts))")
    }
    let list = parts.joined(separator: "; ")
    return "The tensors of \(path) do not fit \(source); \(list). \(question)"
  }

  private static func text(_ tensor: Misshapen, source: String) -> String {
    "\(shown(tensor.name)) in \(shown(tensor.file)) is \(tensor.found), but \(source) implies "
      + "\(tensor.expected) (\(tensor.because))"
  }

  private static func list(_ items: [String]) -> String {
    let head = items.prefix(listedCount).joined(separator: ", ")
    return items.count > listedCount ? "\(head) and \(items.count - listedCount) more" : head
  }
}

/// A path or name without control characters, whole.
private func shown(_ text: String) -> String {
  var shown = ""
  for scalar in text.unicodeScalars {
    let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    shown += isControl ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return shown
}

/// The system's words for an error number.
private func systemText(_ code: Int32) -> String {
  unsafe String(cString: strerror(code))
}
