/// Makes one slot of the labels of options and of the slots between them.
///
/// Labels that all prompts share are fixed words at first, and so is an option that never changes; both
/// belong to the list.
struct OptionMerge {
  /// The segments that are left.
  private(set) var fixed: [String] = []
  /// For every slot between them whether it holds a list.
  private(set) var isList: [Bool] = []

  /// A part of a segment; only the first part of a segment follows a slot.
  private struct Part {
    var pieces: [TextPiece]
    let followsSlot: Bool

    var text: String { pieces.map(\.text).joined() }
    var label: ListLabel? { pieces.first.flatMap { ListLabel($0.word) } }
    /// Where the first line after the label begins.
    var nextLine: Int { pieces.dropFirst().firstIndex(where: \.beginsLine) ?? pieces.count }
  }

  /// Merges the lists in a template's segments.
  init(_ segments: [String]) {
    let parts = segments.enumerated().flatMap { index, segment in
      Self.parts(of: segment, followsSlot: index > 0)
    }
    var index = 0
    while index < parts.count {
      let last = Self.lastOption(of: parts, from: index)
      guard last > index else {
        put(parts[index].text, after: parts[index].followsSlot ? false : nil)
        index += 1
        continue
      }
      put(parts[index].pieces[0].space, after: parts[index].followsSlot ? false : nil)
      let rest = parts[last].pieces[parts[last].nextLine...].map(\.text).joined()
      index = last + 1
      if rest.isEmpty, index < parts.count, parts[index].followsSlot {
        put(parts[index].text, after: true)
        index += 1
      } else {
        put(rest, after: true)
      }
    }
  }

  /// Adds text after a slot of a kind, or to what is there already.
  private mutating func put(_ text: String, after slot: Bool?) {
    if let slot {
      isList.append(slot)
      fixed.append(text)
    } else if let last = fixed.popLast() {
      fixed.append(last + text)
    } else {
      fixed.append(text)
    }
  }

  /// A segment, divided before every label in it.
  private static func parts(of segment: String, followsSlot: Bool) -> [Part] {
    var parts = [Part(pieces: [], followsSlot: followsSlot)]
    for piece in TextPiece.pieces(of: segment) {
      if ListLabel(piece.word) != nil, !parts[parts.count - 1].pieces.isEmpty {
        parts.append(Part(pieces: [], followsSlot: false))
      }
      parts[parts.count - 1].pieces.append(piece)
    }
    return parts
  }

  /// The last part of the list of options that begins with a part; the part itself where none does.
  private static func lastOption(of parts: [Part], from start: Int) -> Int {
    guard var previous = parts[start].label, previous.follows(nil, after: 0) else { return start }
    var last = start
    while last + 1 < parts.count, parts[last].nextLine == parts[last].pieces.count,
      let next = parts[last + 1].label, next.follows(previous, after: last + 1 - start)
    {
      previous = next
      last += 1
    }
    return last
  }
}
