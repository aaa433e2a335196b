import ModelFiles

/// How a column of the prompt file is called among the datasets of `/prompts`.
enum StoreColumn {
  static let text = "text"
  static let textDigest = "text_sha256"
  static let tokenOffset = "token_offset"
  static let status = "status"

  private static let reserved = [text, textDigest, tokenOffset, status]

  /// The dataset's name: the column's, with the bytes that HDF5 cannot have there written `%XX`, and
  /// the first byte so where the whole name means something else.
  static func datasetName(_ column: String) -> String {
    let isTaken = reserved.contains(column) || column == "."
    var name: [UInt8] = []
    for (index, byte) in column.utf8.enumerated() {
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") || byte == 0
        || (isTaken && index == 0)
      {
        name.append(contentsOf: [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)])
      } else {
        name.append(byte)
      }
    }
    return String(decoding: name, as: UTF8.self)
  }

  /// The column's name, or nil for a dataset of our own.
  static func name(ofDataset dataset: ByteString) -> String? {
    guard !reserved.contains(where: { ByteString($0) == dataset }) else { return nil }
    var name: [UInt8] = []
    var rest = dataset.bytes[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        name.append(value)
        rest = rest.dropFirst(2)
      } else {
        name.append(byte)
      }
    }
    return String(decoding: name, as: UTF8.self)
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
