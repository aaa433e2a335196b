package import ModelFiles

/// Where each prompt came from, numbered.
package struct Sources: Sendable {
  /// Names in the order of their bytes.
  package let names: [ByteString]
  /// The source of each row.
  package let indices: [Int]

  /// Numbers the sources; nil where any prompt has none.
  package init?(_ prompts: [ProbePrompt]) {
    let values = prompts.compactMap(\.source)
    guard values.count == prompts.count, !values.isEmpty else { return nil }
    let names = Set(values).sorted()
    var numbers: [ByteString: Int] = [:]
    for (index, name) in names.enumerated() { numbers[name] = index }
    self.names = names
    indices = values.compactMap { numbers[$0] }
  }

  /// Rows of one source, in order.
  package func rows(of source: Int) -> [Int] {
    indices.indices.filter { indices[$0] == source }
  }
}
