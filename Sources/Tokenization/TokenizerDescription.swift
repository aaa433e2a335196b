import ModelFiles

extension Tokenizer {
  /// SHA-256 of what the tokenizer does, hexadecimal.
  public var digest: String { Digest.sha256(of: canonicalDescription()) }

  /// Everything that decides which ids a text gets, as bytes to be digested.
  ///
  /// Equal for equal tokenizers, whatever order their files have; the first line changes when encoding
  /// itself does.
  public func canonicalDescription() -> [UInt8] {
    var description = TokenizerDescription()
    description.add("tokenizer 1\n")
    description.add("alphabet \(tables.alphabet)\n")
    description.add("missing bytes \(tables.missingBytes)\n")
    description.add("normalization \(tables.normalization)\n")
    description.add("prefix \(tables.prefix)\n")
    description.add("rules \(tables.preTokenizer.description)\n")
    description.add("ignores merges \(tables.ignoresMerges)\n")
    description.add("begins with \(addsBeginningOfSequence ? beginningOfSequence ?? -1 : -1)\n")
    description.add("special \(tables.specialTokens.sorted())\n")
    description.add("precedence \(tables.rawTokens.precedence)\n")
    for token in addedTokens.values.sorted(by: { $0.id < $1.id }) {
      let flags = [
        token.isSpecial, token.isSingleWord, token.stripsLeft, token.stripsRight,
        token.isNormalized,
      ]
      description.add("added \(token.id) \(flags) \(token.content)\n")
    }
    for id in 0..<Int32(tables.vocabulary.count) {
      let entry = tables.vocabulary[id]
      description.add(UInt32(entry.count))
      description.bytes += entry
    }
    switch tables.rule {
    case .ranked(let rule):
      for merge in rule.table.byRank {
        description.add(UInt32(merge.rank))
        description.add(UInt32(merge.left))
        description.add(UInt32(merge.right))
      }
    case .scored(let rule):
      for priority in rule.priorities { description.add(priority) }
    }
    return description.bytes
  }
}

/// Bytes that a tokenizer is described by: text for the few settings, little-endian words for the
/// many tokens and merges.
private struct TokenizerDescription {
  var bytes: [UInt8] = []

  mutating func add(_ text: String) {
    bytes += text.utf8
  }

  mutating func add(_ word: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: word >> shift))
    }
  }
}
