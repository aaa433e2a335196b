import ModelFiles
import Testing

@Suite("Strict JSON")
struct JSONTests {
  @Test(
    "refuses what strict JSON refuses",
    arguments: [
      ("", JSONError(offset: 0, reason: .endsEarly)),
      ("{", JSONError(offset: 1, reason: .endsEarly)),
      ("[1", JSONError(offset: 2, reason: .endsEarly)),
      ("\"abc", JSONError(offset: 4, reason: .endsEarly)),
      ("tru", JSONError(offset: 3, reason: .endsEarly)),
      ("-", JSONError(offset: 1, reason: .endsEarly)),
      ("\u{FEFF}{}", JSONError(offset: 0, reason: .byteOrderMark)),
      ("[1,]", JSONError(offset: 3, reason: .unexpectedByte(0x5D, expected: "another element"))),
      (
        "{\"a\":1,}",
        JSONError(offset: 7, reason: .unexpectedByte(0x7D, expected: "another element"))
      ),
      ("{a:1}", JSONError(offset: 1, reason: .unexpectedByte(0x61, expected: "a string"))),
      ("{\"a\" 1}", JSONError(offset: 5, reason: .unexpectedByte(0x31, expected: "a colon"))),
      ("[1 2]", JSONError(offset: 3, reason: .unexpectedByte(0x32, expected: "a comma or ']'"))),
      ("nil", JSONError(offset: 1, reason: .unexpectedByte(0x69, expected: "the word null"))),
      ("// a\n1", JSONError(offset: 0, reason: .unexpectedByte(0x2F, expected: "a value"))),
      ("NaN", JSONError(offset: 0, reason: .unexpectedByte(0x4E, expected: "a value"))),
      ("Infinity", JSONError(offset: 0, reason: .unexpectedByte(0x49, expected: "a value"))),
      ("'a'", JSONError(offset: 0, reason: .unexpectedByte(0x27, expected: "a value"))),
      ("02", JSONError(offset: 1, reason: .badNumber)),
      ("1.", JSONError(offset: 2, reason: .endsEarly)),
      ("[1.]", JSONError(offset: 3, reason: .badNumber)),
      ("[1e]", JSONError(offset: 3, reason: .badNumber)),
      ("[-a]", JSONError(offset: 2, reason: .badNumber)),
      ("\"\\ud800\"", JSONError(offset: 7, reason: .loneSurrogate)),
      ("\"\\ud800\\u0041\"", JSONError(offset: 13, reason: .loneSurrogate)),
      ("\"\\udc00\"", JSONError(offset: 7, reason: .loneSurrogate)),
      ("\"\\x\"", JSONError(offset: 2, reason: .badEscape(0x78))),
      ("\"\\u00g0\"", JSONError(offset: 5, reason: .badEscape(0x67))),
      ("\"a\nb\"", JSONError(offset: 2, reason: .controlCharacter(0x0A))),
      ("{\"a\":1,\"a\":2}", JSONError(offset: 13, reason: .repeatedKey("a"))),
      ("[{\"b\":{\"a\":1,\"a\":2}}]", JSONError(offset: 19, reason: .repeatedKey("a"))),
      ("{} x", JSONError(offset: 3, reason: .trailingContent)),
      ("1\0", JSONError(offset: 1, reason: .trailingContent)),
    ])
  func refuses(text: String, expected: JSONError) {
    #expect(throws: expected) { try JSONValue.parse(Array(text.utf8)) }
  }

  @Test(
    "refuses bytes that are not UTF-8",
    arguments: [
      [0xFF], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80],
      [0xE2, 0x82],
    ] as [[UInt8]])
  func refusesInvalidUTF8(bytes: [UInt8]) {
    #expect(throws: JSONError(offset: 1, reason: .invalidUTF8)) {
      try JSONValue.parse([0x22] + bytes + [0x22])
    }
  }

  @Test("resolves every escape")
  func escapes() throws {
    let text = #""\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00é""#
    let expected = "\"\\/\u{8}\u{C}\n\r\té€😀é"
    let value = try JSONValue.parse(Array(text.utf8))
    #expect(value.asString == ByteString(expected))
  }

  @Test("keeps keys apart that are equal only after normalisation")
  func normalisation() throws {
    let object = try JSONValue.parse(Array("{\"é\":1,\"e\u{301}\":2}".utf8)).asObject
    #expect(object?["\u{E9}"]?.asInt == 1)
    #expect(object?["e\u{301}"]?.asInt == 2)
  }

  @Test(
    "takes only plain digits for integers",
    arguments: [
      ("2", 2, 2.0), ("0", 0, 0.0), ("-7", -7, -7.0), ("2.0", nil, 2.0), ("1e2", nil, 100.0),
      ("-0", nil, -0.0), ("9223372036854775807", Int.max, 9.223372036854775807e18),
      ("-9223372036854775808", Int.min, -9.223372036854775808e18),
      ("9223372036854775808", nil, 9.223372036854775808e18),
      ("18446744073709551616", nil, 18446744073709551616.0), ("1E400", nil, nil),
    ] as [(String, Int?, Double?)])
  func numbers(text: String, int: Int?, double: Double?) throws {
    let value = try JSONValue.parse(Array(text.utf8))
    #expect(value.asInt == int)
    #expect(value.asDouble == double)
    guard case .number(let number) = value else {
      Issue.record("\(text) is not a number")
      return
    }
    #expect(number.text == text)
  }

  @Test("bounds nesting and the length of strings")
  func limits() throws {
    let nested = { (depth: Int) in
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(throws: JSONError(offset: 65, reason: .tooDeep(limit: 64))) {
      try JSONValue.parse(nested(65))
    }
    #expect(try JSONValue.parse(nested(64)).asArray?.count == 1)
    #expect(throws: JSONError(offset: 65, reason: .tooDeep(limit: 64))) {
      try JSONValue.parse([UInt8](repeating: 0x5B, count: 1_000_000))
    }
    let limits = JSONLimits(stringBytes: 4)
    #expect(try JSONValue.parse(Array("\"abcd\"".utf8), limits: limits).asString == "abcd")
    #expect(throws: JSONError(offset: 6, reason: .stringTooLong(limit: 4))) {
      try JSONValue.parse(Array("\"abcde\"".utf8), limits: limits)
    }
    #expect(throws: JSONError.self) {
      try JSONValue.parse(Array("\"\\nbcde\"".utf8), limits: limits)
    }
  }

  @Test("finds keys in small and large objects", arguments: [3, 500])
  func lookup(count: Int) throws {
    let text = "{" + (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ", ") + "}"
    let object = try #require(try JSONValue.parse(Array(text.utf8)).asObject)
    #expect(object.members.count == count)
    #expect((0..<count).allSatisfy { object[ByteString("k\($0)")]?.asInt == $0 })
    #expect(object["other"] == nil)
    let repeated = Array((text.dropLast() + ",\"k0\":1}").utf8)
    #expect(throws: JSONError(offset: repeated.count, reason: .repeatedKey("k0"))) {
      try JSONValue.parse(repeated)
    }
  }

  @Test("writes canonical text that reads back the same")
  func writing() throws {
    let value: JSONValue = .object([
      "b": .array([.null, .bool(true), 12, .number(JSONNumber(0.1))]),
      "a": "x\n\"\\\u{1}é",
    ])
    let text = value.text()
    #expect(
      String(decoding: text, as: UTF8.self) == #"{"a":"x\n\"\\\u0001é","b":[null,true,12,0.1]}"#)
    #expect(try JSONValue.parse(text) == value)
    #expect(value.text(sorted: false).starts(with: Array(#"{"b""#.utf8)))
  }

  @Test("says where and what in one phrase")
  func sentences() {
    #expect(
      JSONError(offset: 4, reason: .unexpectedByte(0x5D, expected: "another element")).description
        == "']' stands where another element should at byte 4")
    #expect(
      JSONError(offset: 0, reason: .unexpectedByte(0x07, expected: "a value")).description
        == "byte 0x07 stands where a value should at byte 0")
  }
}
