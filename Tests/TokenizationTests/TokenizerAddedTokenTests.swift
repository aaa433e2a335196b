import ModelFiles
import Testing
import Tokenization

@Suite("Added tokens")
struct TokenizerAddedTokenTests {
  /// Where tokens are found in a text, with those parts that are none.
  private func parts(
    _ text: String, _ tokens: [AddedToken], precedence: AddedTokenMatcher.Precedence = .leftmost,
    closed: Range<Int> = 0..<0
  ) throws -> [String] {
    let bytes = Array(text.utf8)
    let matcher = try AddedTokenMatcher(tokens, precedence: precedence)
    let segments = matcher.split(bytes, bytes.indices) { !$0.overlaps(closed) }
    return segments.map { segment in
      switch segment {
      case .text(let range): String(decoding: bytes[range], as: UTF8.self)
      case .token(let id, let range): "\(id):" + String(decoding: bytes[range], as: UTF8.self)
      }
    }
  }

  private func tokens(_ contents: String...) -> [AddedToken] {
    contents.enumerated().map { AddedToken(id: Int32($0), content: Array($1.utf8)) }
  }

  @Test("are found leftmost and longest, or longest wherever they are")
  func precedence() throws {
    let overlapping = tokens("ab", "bcde", "a")
    #expect(try parts("xabcdex", overlapping) == ["x", "0:ab", "cdex"])
    #expect(
      try parts("xabcdex", overlapping, precedence: .longest) == ["x", "2:a", "1:bcde", "x"])
    #expect(try parts("aab", overlapping) == ["2:a", "0:ab"])
    #expect(try parts("", overlapping) == [])
    #expect(try parts("xyz", []) == ["xyz"])
  }

  @Test("that are too long for the open part give way to shorter ones")
  func closedParts() throws {
    let nested = tokens("<a>", "<a>b")
    #expect(try parts("<a>b", nested) == ["1:<a>b"])
    #expect(try parts("<a>b", nested, closed: 3..<4) == ["0:<a>", "b"])
    #expect(try parts("<a>b", nested, closed: 0..<1) == ["<a>b"])
  }

  @Test("take the white space that they are said to take")
  func stripping() throws {
    var token = tokens("<m>")[0]
    token.stripsLeft = true
    #expect(try parts("a \u{2003}<m> b", [token]) == ["a", "0: \u{2003}<m>", " b"])
    token.stripsRight = true
    #expect(try parts("a <m>\n\n<m>b", [token]) == ["a", "0: <m>\n\n", "0:<m>", "b"])
    #expect(try parts(" <m> ", [token], closed: 0..<1) == [" ", "0:<m> "])
  }

  @Test("that must stand alone do not touch a word")
  func singleWord() throws {
    var token = tokens("mm")[0]
    token.isSingleWord = true
    #expect(try parts("mm", [token]) == ["0:mm"])
    #expect(try parts("a-mm.", [token]) == ["a-", "0:mm", "."])
    for neighbour in ["a", "é", "7", "_", "\u{301}", "Ⓐ", "字"] {
      #expect(try parts("mm" + neighbour, [token]) == ["mm" + neighbour])
      #expect(try parts(neighbour + "mm", [token]) == [neighbour + "mm"])
    }
  }
}

@Suite("Canonical description")
struct TokenizerDescriptionTests {
  @Test("is the same for the same tokenizer, and another when anything else is")
  func differences() throws {
    let object = try TokenizerGoldens.tokenizerJSON("gpt2")
    let description = try TokenizerGoldens.tokenizer(object).canonicalDescription()
    #expect(try TokenizerGoldens.tokenizer(object).canonicalDescription() == description)

    let merges = try #require(object["model"]?.asObject?["merges"]?.asArray)
    let changes: [JSONObject] = [
      object.setting(["model", "merges"], .array([merges[1], merges[0]] + merges.dropFirst(2))),
      object.setting(["model", "merges"], .array(Array(merges.dropLast()))),
      object.setting(["model", "ignore_merges"], .bool(true)),
      object.setting(["pre_tokenizer", "use_regex"], .bool(false)),
      object.setting("normalizer", .object(["type": "NFC"])),
      object.setting("added_tokens", .array([])),
    ]
    for change in changes {
      #expect(try TokenizerGoldens.tokenizer(change).canonicalDescription() != description)
    }
  }
}
