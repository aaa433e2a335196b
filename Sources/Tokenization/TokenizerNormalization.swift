/// One step of a tokenizer's normaliser.
enum NormalizationStep: Sendable, Equatable {
  /// Normalization form C.
  case composition
  /// Bytes put before every text that is not empty.
  case prepend([UInt8])
  /// Every occurrence of some bytes replaced.
  case replace([UInt8], with: [UInt8])

  /// The text of a range after this step, in which other text is not looked at.
  func applied(to text: AlignedText, _ range: Range<Int>) -> AlignedText {
    switch self {
    case .composition: Self.compose(text, range)
    case .prepend(let addition): Self.prepend(addition, to: text, range)
    case .replace(let old, let new): Self.replace(old, with: new, in: text, range)
    }
  }

  /// Whether this step certainly leaves a range as it is, so that nothing need be copied.
  func leavesUnchanged(_ text: AlignedText, _ range: Range<Int>) -> Bool {
    switch self {
    // Scalars below U+0300 neither decompose for good nor combine with each other.
    case .composition: !text.bytes[range].contains { $0 >= 0xCC }
    case .prepend: range.isEmpty
    case .replace(let old, _): old.first.map { !text.bytes[range].contains($0) } ?? true
    }
  }

  private static func prepend(
    _ addition: [UInt8], to text: AlignedText, _ range: Range<Int>
  ) -> AlignedText {
    var result = AlignedText()
    if !range.isEmpty { result.insert(addition, before: range.lowerBound, of: text) }
    result.append(range, of: text)
    return result
  }

  private static func replace(
    _ old: [UInt8], with new: [UInt8], in text: AlignedText, _ range: Range<Int>
  ) -> AlignedText {
    var result = AlignedText()
    var kept = range.lowerBound
    var index = range.lowerBound
    while index + old.count <= range.upperBound {
      if text.bytes[index..<index + old.count].elementsEqual(old) {
        result.append(kept..<index, of: text)
        result.append(new, for: index..<index + old.count, of: text)
        index += old.count
        kept = index
      } else {
        index += 1
      }
    }
    result.append(kept..<range.upperBound, of: text)
    return result
  }

  private static func compose(_ text: AlignedText, _ range: Range<Int>) -> AlignedText {
    let tables = CanonicalComposition.unicode9
    var result = AlignedText()
    var kept = range.lowerBound  // everything before is in the result
    var start = range.lowerBound
    var run: [UInt32] = []
    while start < range.upperBound {
      run.removeAll(keepingCapacity: true)
      var end = start
      while end < range.upperBound {
        let scalar = text.bytes.scalar(at: end, before: range.upperBound)
        if end > start, tables.isBoundary(before: scalar.value) { break }
        run.append(scalar.value)
        end += scalar.length
      }
      if run.count > 1 || tables.changes(run[0]) {
        let composed = tables.composed(run)
        if composed != run {
          var bytes: [UInt8] = []
          for scalar in composed { bytes.append(scalar: scalar) }
          result.append(kept..<start, of: text)
          result.append(bytes, for: start..<end, of: text)
          kept = end
        }
      }
      start = end
    }
    result.append(kept..<range.upperBound, of: text)
    return result
  }
}
