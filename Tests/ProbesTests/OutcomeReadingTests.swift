import ModelFiles
import Probes
import Testing

@Suite("What a label column asks for")
struct OutcomeReadingTests {
  static func read(_ labels: [String?], positive: String? = nil) throws -> OutcomeReading {
    try OutcomeReading(
      labels.map { $0.map { ByteString($0) } }, ids: labels.indices.map { ByteString("\($0)") },
      positive: positive.map { ByteString($0) })
  }

  static func classes(_ labels: [String?]) throws -> (indices: [Int?], names: [ByteString])? {
    guard case .classes(let indices, let names) = try read(labels) else { return nil }
    return (indices, names)
  }

  static func numbers(_ labels: [String?]) throws -> [Double?]? {
    guard case .numbers(let values) = try read(labels) else { return nil }
    return values
  }

  static func isBinary(_ labels: [String?], positive: String? = nil) throws -> Bool {
    guard case .binary = try read(labels, positive: positive) else { return false }
    return true
  }

  @Test("two classes where the words have one, or one is named")
  func binary() throws {
    #expect(try Self.isBinary(["0", "1", nil, ""]))
    #expect(try Self.isBinary(["True", "false", "harmful"]))
    #expect(try Self.isBinary(["red", "green", "blue"], positive: "red"))
    #expect(try !Self.isBinary(["0", "1", "2"]))
  }

  @Test("classes in the order of their bytes, also two that no class of ours is named after")
  func classes() throws {
    let colours = try #require(try Self.classes(["red", nil, "blue", "red", "", "green"]))
    #expect(colours.names == ["blue", "green", "red"])
    #expect(colours.indices == [2, nil, 0, 2, nil, 1])
    #expect(try Self.classes(["yes", "no"])?.names == ["no", "yes"])
    // Few whole numbers are grades, and a case matters where words are the user's own.
    #expect(try Self.classes(["3", "1", "2", "1"])?.names == ["1", "2", "3"])
    #expect(try Self.classes(["a", "A"])?.names == ["A", "a"])
  }

  @Test("numbers where all are, and they are not few whole ones")
  func numbers() throws {
    #expect(try Self.numbers(["0.5", nil, "-1e3", "2"]) == [0.5, nil, -1000, 2])
    let many = (0..<21).map { "\($0 * 3)" }
    #expect(try Self.numbers(many) == (0..<21).map { Double($0 * 3) })
    #expect(try Self.numbers(Array(many.prefix(20))) == nil)
    #expect(try Self.numbers(["0.5", "nan"]) == nil)
    #expect(try Self.numbers(["0.5", "0x10"]) == nil)
    #expect(try Self.numbers(["0.5", "1e999"]) == nil)
  }

  @Test("says what is wrong with a column that asks for nothing")
  func refusals() {
    #expect(throws: OutcomeError.oneWord(["cat"])) { try Self.read(["cat", "cat", nil]) }
    let words = (0..<21).map { "w\($0)" }
    #expect(throws: OutcomeError.tooManyWords(found: 21, limit: 20, example: "w0")) {
      try Self.read(words)
    }
    let numbers = (0..<30).map { "\($0)" } + ["many"]
    #expect(throws: OutcomeError.tooManyWords(found: 31, limit: 20, example: "many")) {
      try Self.read(numbers)
    }
    #expect(
      OutcomeError.tooManyWords(found: 31, limit: 20, example: "many").description.contains(
        "such as \"many\""))
  }
}
