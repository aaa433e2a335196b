import ModelFiles
import Probes
import Testing

@Suite("Labels")
struct LabelReadingTests {
  static func read(_ labels: [String?], positive: String? = nil) throws(ProbeError) -> LabelReading
  {
    try LabelReading(
      labels.map { $0.map { ByteString($0) } }, ids: labels.indices.map { ByteString("p\($0)") },
      positive: positive.map { ByteString($0) })
  }

  @Test("accepts the usual words in any case, and leaves empty labels out")
  func words() throws {
    let reading = try Self.read([
      "1", "0", "true", "False", "harmful", "HARMLESS", "", nil,
    ])
    #expect(reading.classes == [1, 0, 1, 0, 1, 0, nil, nil])
    #expect(reading.meaningOfOne == "1, harmful, true")
  }

  @Test("takes one named label against all others")
  func positive() throws {
    let reading = try Self.read(["jailbreak", "plain", "safe", ""], positive: "jailbreak")
    #expect(reading.classes == [1, 0, 0, nil])
    #expect(reading.meaningOfZero == "plain, safe")
  }

  @Test("refuses a word it does not know, and a named label that is not there")
  func refusals() {
    #expect(throws: ProbeError.unknownLabel(value: "toxic", prompt: "p1")) {
      try Self.read(["1", "toxic"])
    }
    #expect(throws: ProbeError.positiveLabelAbsent(value: "bad", found: ["a", "b"])) {
      try Self.read(["b", "a"], positive: "bad")
    }
  }
}
