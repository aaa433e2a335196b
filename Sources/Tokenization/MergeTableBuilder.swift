internal import ModelFiles

/// Fills a merge table from a file's list, checking each entry.
struct MergeTableBuilder {
  private let vocabulary: Vocabulary
  private let blocked: Set<Int32>
  private let file: String
  private(set) var table: MergeTable
  /// The number of the next merge.
  private(set) var index = 0

  /// A builder without merges; none may make a `blocked` token, or text would turn into control.
  init(_ vocabulary: Vocabulary, blocked: Set<Int32>, count: Int, file: String) {
    self.vocabulary = vocabulary
    self.blocked = blocked
    self.file = file
    table = MergeTable(capacity: count)
  }

  /// Adds a merge written as two texts with one space between them.
  mutating func add(_ text: ByteString) throws(TokenizationError) {
    let bytes = text.bytes
    let space = UInt8(ascii: " ")
    guard let cut = bytes.firstIndex(of: space), cut > 0, cut + 1 < bytes.count,
      !bytes[(cut + 1)...].contains(space)
    else {
      throw .merge(file: file, index: index, found: text)
    }
    try add(bytes, 0..<cut, cut + 1..<bytes.count)
  }

  /// Adds a merge of two texts.
  mutating func add(_ left: [UInt8], _ right: [UInt8]) throws(TokenizationError) {
    try add(left + right, left.indices, left.count..<left.count + right.count)
  }

  private mutating func add(
    _ text: [UInt8], _ left: Range<Int>, _ right: Range<Int>
  ) throws(TokenizationError) {
    let leftID = try id(text, left, left.upperBound..<left.upperBound)
    let rightID = try id(text, right, right.upperBound..<right.upperBound)
    let result = try id(text, left, right)
    if !blocked.contains(result) {
      guard table.insert(leftID, rightID, rank: index, result: result) else {
        throw .repeatedMerge(
          file: file, index: index, left: ByteString(text[left]), right: ByteString(text[right]))
      }
    }
    index += 1
  }

  private func id(
    _ text: [UInt8], _ left: Range<Int>, _ right: Range<Int>
  ) throws(TokenizationError) -> Int32 {
    guard let id = vocabulary.id(of: text, left, right) else {
      throw .mergeOutsideVocabulary(
        file: file, index: index, missing: ByteString(text[left] + text[right]))
    }
    return id
  }
}
