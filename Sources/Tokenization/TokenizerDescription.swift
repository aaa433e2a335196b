extension Tokenizer {
  /// Everything that decides which ids a text gets, as bytes to be digested.
  ///
  /// Equal for equal tokenizers, whatever order their files have; the first line changes when encoding
  /// itself does.
  public func canonicalDescription() -> [UInt8] {
    var text = "tokenizer 1\n"
    func add(_ name: String, _ value: some Any) { text += "\(name) \(value)\n" }
    add("alphabet", tables.alphabet)
    add("missing bytes", tables.missingBytes)
    add("normalization", tables.normalization)
    add("prefix", tables.prefix)
    add("rules", tables.preTokenizer.description)
    add("ignores merges", tables.ignoresMerges)
    add("begins with", addsBeginningOfSequence ? beginningOfSequence ?? -1 : -1)
    add("special", tables.specialTokens.sorted())
    add("precedence", tables.rawTokens.precedence)
    var bytes = Array(text.utf8)
    for token in addedTokens.values.sorted(by: { $0.id < $1.id }) {
      let flags = [
        token.isSpecial, token.isSingleWord, token.stripsLeft, token.stripsRight,
        token.isNormalized,
      ]
      bytes += Array("added \(token.id) \(flags) \(token.content)\n".utf8)
    }
    for id in 0..<Int32(tables.vocabulary.count) {
      let entry = tables.vocabulary[id]
      bytes += Array("\(id) \(entry.count) ".utf8) + entry
    }
    switch tables.rule {
    case .ranked(let rule):
      for merge in rule.table.byRank {
        bytes += Array("\(merge.rank) \(merge.left) \(merge.right)\n".utf8)
      }
    case .scored(let rule):
      bytes += Array("\(rule.priorities)".utf8)
    }
    return bytes
  }
}
