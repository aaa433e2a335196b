/// Safetensors files from the text of their headers.
enum SafetensorsBytes {
  /// A file with the right length field, this header and this many bytes of data.
  static func file(_ header: String, dataCount: Int = 0) -> [UInt8] {
    file(Array(header.utf8), dataCount: dataCount)
  }

  static func file(_ header: [UInt8], dataCount: Int = 0) -> [UInt8] {
    UInt64(header.count).littleEndianBytes + header
      + (0..<dataCount).map { UInt8(truncatingIfNeeded: $0) }
  }

  /// A header entry of a float tensor.
  static func entry(
    _ name: String, shape: String = "[2]", type: String = "F32", offsets: String = "[0,8]"
  ) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }
}
