import Foundation
import ModelFiles
import Yams

/// The choices of a run: those of a configuration file under those of the command line.
///
/// What is read is remembered with its default, so that the run's folder tells every choice.
struct TuneSettings {
  private let values: [TuneKey: String]
  private let file: String?
  private let typed: Set<TuneKey>
  /// Every choice that counts.
  private(set) var effective: [TuneKey: String] = [:]

  /// The largest configuration file.
  private static let byteLimit = 1 << 20

  /// Reads a configuration file, where there is one, and puts what was typed over it.
  init(file: String?, typed: [TuneKey: String]) throws {
    self.file = file
    self.typed = Set(typed.keys)
    values = try (file.map(Self.read) ?? [:]).merging(typed) { $1 }
  }

  // MARK: Reading values

  /// A text; nil where there is none.
  mutating func text(_ key: TuneKey, default standard: String? = nil) -> String? {
    let value = values[key] ?? standard
    effective[key] = value
    return value
  }

  /// A text that has to be there.
  mutating func demand(_ key: TuneKey) throws -> String {
    guard let value = text(key) else {
      throw CommandError.conflict(
        "--\(key.rawValue) is missing; give it, or \(key.rawValue) in a file with --config.")
    }
    return value
  }

  /// Yes or no.
  mutating func flag(_ key: TuneKey) throws -> Bool {
    switch text(key, default: "false") {
    case "true": return true
    case "false": return false
    case let value: throw fault(key, value ?? "", "true or false")
    }
  }

  /// A whole number in a range.
  mutating func whole(
    _ key: TuneKey, default standard: Int, in range: ClosedRange<Int>
  ) throws -> Int {
    try whole(key, in: range, standard) ?? standard
  }

  /// A whole number in a range; nil where there is none.
  mutating func whole(
    _ key: TuneKey, in range: ClosedRange<Int>, _ standard: Int? = nil
  ) throws -> Int? {
    guard let value = text(key, default: standard.map(String.init)) else { return nil }
    guard let number = Int(value), range.contains(number) else {
      let most = range.upperBound == .max ? "" : " and at most \(range.upperBound)"
      throw fault(key, value, "a whole number of at least \(range.lowerBound)\(most)")
    }
    return number
  }

  /// A number in a range.
  mutating func number(
    _ key: TuneKey, default standard: Double, in range: ClosedRange<Double>
  ) throws -> Double {
    try number(key, in: range, standard) ?? standard
  }

  /// A number in a range; nil where there is none.
  mutating func number(
    _ key: TuneKey, in range: ClosedRange<Double>, _ standard: Double? = nil
  ) throws -> Double? {
    guard let value = text(key, default: standard.map { "\($0)" }) else { return nil }
    guard let number = Double(value), number.isFinite, range.contains(number) else {
      let most = range.upperBound.isFinite ? " and at most \(range.upperBound)" : ""
      throw fault(key, value, "a number of at least \(range.lowerBound)\(most)")
    }
    return number
  }

  /// One of a closed set of words.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: TuneKey, default standard: Choice
  ) throws -> Choice where Choice.RawValue == String {
    let value = text(key, default: standard.rawValue) ?? ""
    guard let choice = Choice(rawValue: value) else {
      throw fault(key, value, Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// That a value makes no sense, with the file or the option it comes from.
  func fault(_ key: TuneKey, _ value: String, _ expected: String) -> CommandError {
    guard let file, !typed.contains(key) else {
      return .option(name: key.rawValue, value: value, expected: expected)
    }
    return .configuration(
      file: file, problem: "\(key.rawValue) is \(ByteString(value)), but expected is \(expected)")
  }

  /// Refuses choices that were given and that nothing has read.
  func demandAllUsed(for what: String) throws {
    let idle = TuneKey.allCases.filter { values[$0] != nil && effective[$0] == nil }
    guard let key = idle.first else { return }
    throw CommandError.conflict(
      "--\(key.rawValue) means nothing for \(what); leave it out.")
  }

  // MARK: What was read

  /// The choices as the text of a configuration file.
  func yaml() throws -> String {
    let pairs = effective.inOrder.map { (Node($0.key.rawValue), Self.node($0.key, $0.value)) }
    return try Yams.serialize(node: Node(pairs, Tag(.map)))
  }

  private static func node(_ key: TuneKey, _ value: String) -> Node {
    // Numbers and truth values are written plainly, texts in quotes where they would be taken for such.
    let isPlain = key.isSwitch || Double(value) != nil
    return isPlain
      ? Node(value, Tag(.implicit), .plain) : Node(value, Tag(.str), .any)
  }

  // MARK: The file

  private static func read(_ path: String) throws -> [TuneKey: String] {
    func fault(_ problem: String) -> CommandError { .configuration(file: path, problem: problem) }
    let file = try MappedFile(path: path)
    guard file.count <= byteLimit else {
      throw ModelFileError.tooLarge(path: path, count: file.count, limit: byteLimit)
    }
    let bytes = unsafe file.withBytes { unsafe Array($0) }
    let root: Node?
    do {
      root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw fault("it is not YAML: \(Self.firstLine(of: error))")
    }
    guard let root else { return [:] }
    guard let mapping = root.mapping else { throw fault("it is no list of keys and values") }
    var values: [TuneKey: String] = [:]
    for (keyNode, node) in mapping {
      let name = keyNode.scalar?.string ?? ""
      guard let key = TuneKey(rawValue: name) else {
        throw fault(
          "the key \(ByteString(name)) is none of its own; "
            + "`plumb tune --help` lists them as options")
      }
      guard let value = Self.text(of: node) else {
        throw fault("\(name) is no plain value")
      }
      // A key without a value is as good as none; a text in quotes may be empty.
      if value.isEmpty, node.scalar?.style == .plain { continue }
      values[key] = value
    }
    return values
  }

  /// A scalar's text; lists and maps of scalars as the command line has them.
  private static func text(of node: Node) -> String? {
    if let scalar = node.scalar { return scalar.string }
    if let list = node.sequence {
      let items = list.compactMap { $0.scalar?.string }
      return items.count == list.count ? items.joined(separator: ",") : nil
    }
    guard let mapping = node.mapping else { return nil }
    let items = mapping.compactMap { key, value -> String? in
      guard let key = key.scalar, let value = value.scalar else { return nil }
      return "\(key.string)=\(value.string)"
    }
    return items.count == mapping.count ? items.joined(separator: ",") : nil
  }

  private static func firstLine(of error: any Error) -> String {
    let lines = "\(error)".split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    return ByteString(lines.first ?? "unknown").description
  }
}
