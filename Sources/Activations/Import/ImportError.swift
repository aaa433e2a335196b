public import ModelFiles

/// Why activations captured elsewhere cannot be imported.
public enum ImportError: Failure, Equatable {
  /// The description lacks something or says it in another way.
  case description(path: String, problem: String)
  /// A name in the description is not that of a file beside it.
  case fileName(path: String, name: ByteString)
  /// A file has no array of that name.
  case noArray(file: String, name: ByteString, has: [ByteString])
  /// An array is of a type that cannot be what it is for.
  case type(file: String, array: ByteString, found: String, expected: String)
  /// An array has sizes that cannot be what it is for.
  case shape(file: String, array: ByteString, found: [Int], expected: String)
  /// A value is no finite number, or none in single precision.
  case notFinite(file: String, array: ByteString, row: Int, column: Int)
  /// Two arrays are of one place.
  case repeated(path: String, place: String)
  /// A site lacks an array of a position that others have.
  case incomplete(path: String, dataset: String, position: String)
  /// A position that is not one token of each prompt.
  case position(path: String, name: String, problem: String)
  /// Two positions of a prompt are the same token.
  case samePosition(prompt: Int, names: [String])
  /// What says where rows or tokens are is out of order or out of bounds.
  case table(file: String, array: ByteString, problem: String)
  /// A prompt without a word, so that it has no position.
  case noWords(path: String, line: Int)

  public var kind: FailureKind { .badInput }

  public var description: String {
    switch self {
    case .description(let path, let problem):
      "\(ByteString(path)) does not describe activations: \(problem)."
    case .fileName(let path, let name):
      "\(ByteString(path)) names the file \"\(name)\", but only files beside it are read, by their plain "
        + "names."
    case .noArray(let file, let name, let has):
      "\(ByteString(file)) has no array \(name); it has "
        + (has.isEmpty ? "none" : has.prefix(6).map(\.description).joined(separator: ", "))
        + (has.count > 6 ? " and \(has.count - 6) more." : ".")
    case .type(let file, let array, let found, let expected):
      "\(array) in \(ByteString(file)) is of type \(found), but \(expected) is needed."
    case .shape(let file, let array, let found, let expected):
      "\(array) in \(ByteString(file)) has the shape \(found), but \(expected) is needed."
    case .notFinite(let file, let array, let row, let column):
      "\(array) in \(ByteString(file)) has a value that is NaN, infinite or too large for float32, in row "
        + "\(row), column \(column); a store takes finite values only."
    case .repeated(let path, let place):
      "\(ByteString(path)) has two tensors for \(place)."
    case .incomplete(let path, let dataset, let position):
      "\(ByteString(path)) has no tensor for \(dataset) at \(ByteString(position)), but others have that "
        + "position; every site and layer needs the same ones."
    case .position(let path, let name, let problem):
      "\(ByteString(path)) names the position \(ByteString(name)), which \(problem)."
    case .samePosition(let prompt, let names):
      "Prompt \(prompt) has one token for the positions \(names.joined(separator: " and ")); import "
        + "one of them only."
    case .table(let file, let array, let problem):
      "\(array) in \(ByteString(file)) cannot be used: \(problem)."
    case .noWords(let path, let line):
      "\(ByteString(path)), line \(line) has no words, so that the prompt would have no position; give "
        + "the description tokens."
    }
  }
}
