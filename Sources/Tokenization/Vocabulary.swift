package import ModelFiles

/// The tokens of a model by id, and their ids by bytes.
///
/// Bytes lie in one array and ids are found by open addressing: building it from 49,152 tokens takes
/// milliseconds, where a dictionary of byte strings takes tens.
package struct Vocabulary: Sendable {
  /// Two entries with the same bytes.
  package struct Collision: Error {
    package var first: Int
    package var second: Int
  }

  private let bytes: [UInt8]
  /// Where each token starts; one more than there are ids.
  private let starts: [Int]
  private let slots: [Int32]
  private let mask: Int
  private let hashing: ByteHash

  /// Tokens by id; nil is a hole, and an empty token has an id that no text leads to.
  package init(_ tokens: [ByteString?]) throws(Collision) {
    var bytes: [UInt8] = []
    var starts = [0]
    starts.reserveCapacity(tokens.count + 1)
    for token in tokens {
      if let token { bytes += token.bytes }
      starts.append(bytes.count)
    }
    var capacity = 16
    while capacity < tokens.count * 2 { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    let mask = capacity - 1
    let hashing = ByteHash()
    for id in tokens.indices {
      let range = starts[id]..<starts[id + 1]
      if range.isEmpty { continue }
      var slot = hashing.finish(hashing.hash(bytes, range)) & mask
      while slots[slot] >= 0 {
        let other = Int(slots[slot])
        if bytes[starts[other]..<starts[other + 1]].elementsEqual(bytes[range]) {
          throw Collision(first: other, second: id)
        }
        slot = (slot + 1) & mask
      }
      slots[slot] = Int32(id)
    }
    self.bytes = bytes
    self.starts = starts
    self.slots = slots
    self.mask = mask
    self.hashing = hashing
  }

  /// One more than the largest id.
  package var count: Int { starts.count - 1 }

  /// The bytes of a token; empty for a hole.
  package subscript(id: Int32) -> ArraySlice<UInt8> {
    bytes[starts[Int(id)]..<starts[Int(id) + 1]]
  }

  /// The id of the token that a range of `text` spells, if there is one.
  package func id(of text: [UInt8], _ range: Range<Int>) -> Int32? {
    find(text, range, text, range.upperBound..<range.upperBound)
  }

  /// The id of the token that two ranges of `text` spell together, if there is one.
  package func id(of text: [UInt8], _ left: Range<Int>, _ right: Range<Int>) -> Int32? {
    find(text, left, text, right)
  }

  /// The id of the token that two texts spell together, if there is one.
  package func id(of left: [UInt8], and right: [UInt8]) -> Int32? {
    find(left, left.indices, right, right.indices)
  }

  private func find(
    _ left: [UInt8], _ leftRange: Range<Int>, _ right: [UInt8], _ rightRange: Range<Int>
  ) -> Int32? {
    let length = leftRange.count + rightRange.count
    if length == 0 { return nil }
    let hash = hashing.hash(right, rightRange, after: hashing.hash(left, leftRange))
    var slot = hashing.finish(hash) & mask
    while slots[slot] >= 0 {
      let id = slots[slot]
      let start = starts[Int(id)]
      if starts[Int(id) + 1] - start == length,
        matches(left, leftRange, at: start),
        matches(right, rightRange, at: start + leftRange.count)
      {
        return id
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func matches(_ text: [UInt8], _ range: Range<Int>, at start: Int) -> Bool {
    var index = start
    for position in range {
      if text[position] != bytes[index] { return false }
      index += 1
    }
    return true
  }
}

/// A hash of bytes with a random multiplier, so that no file can be made to collide.
struct ByteHash: Sendable {
  private let start = UInt64.random(in: 0...UInt64.max)
  private let multiplier = UInt64.random(in: 0...UInt64.max) | 1

  /// The state after a range of bytes.
  func hash(_ text: [UInt8], _ range: Range<Int>) -> UInt64 {
    hash(text, range, after: start)
  }

  /// The state after a further range of bytes.
  func hash(_ text: [UInt8], _ range: Range<Int>, after state: UInt64) -> UInt64 {
    var state = state
    for index in range { state = (state ^ UInt64(text[index])) &* multiplier }
    return state
  }

  /// A place in a table from a state: the high bits, which every byte has moved.
  func finish(_ state: UInt64) -> Int {
    Int(truncatingIfNeeded: (state ^ state >> 32) &* multiplier >> 24)
  }
}
