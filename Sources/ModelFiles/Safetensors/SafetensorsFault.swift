/// What is wrong with a safetensors file.
public enum SafetensorsFault: Error, Sendable, Equatable {
  /// The file has not even room for a length.
  case tooShort(count: Int)
  /// The header is longer than the file or than any header may be.
  case headerLength(UInt64, available: Int)
  /// The header has no room for an object.
  case headerTooSmall(UInt64)
  /// The header is not strict JSON.
  case header(JSONError)
  /// A tensor is listed twice.
  case repeatedTensor(ByteString)
  /// A metadata key occurs twice.
  case repeatedMetadata(ByteString)
  /// A field of a tensor occurs twice.
  case repeatedField(tensor: ByteString, field: ByteString)
  /// A metadata value is not a string.
  case metadataValue(key: ByteString)
  /// There is more metadata than a header may have.
  case metadataTooLarge(entries: Int, bytes: Int)
  /// A tensor has a field that the format does not know.
  case unknownField(tensor: ByteString, field: ByteString)
  /// A tensor lacks a field.
  case missingField(tensor: ByteString, field: String)
  /// A tensor has a dtype that the format does not know.
  case unknownType(tensor: ByteString, type: ByteString)
  /// A tensor has more than eight dimensions.
  case tooManyDimensions(tensor: ByteString)
  /// A dimension is no integer in range.
  case dimension(tensor: ByteString, text: String)
  /// The sizes of a tensor overflow.
  case tooManyBytes(tensor: ByteString)
  /// A tensor of small elements ends inside a byte.
  case partialByte(tensor: ByteString)
  /// The offsets are not two integers in order.
  case offsets(tensor: ByteString)
  /// The offsets and the shape give different sizes.
  case byteCount(tensor: ByteString, found: Int, expected: Int)
  /// Bytes between two tensors belong to none.
  case hole(before: ByteString, begin: Int, previousEnd: Int)
  /// Two tensors share bytes.
  case overlap(tensor: ByteString, begin: Int, previousEnd: Int)
  /// The file is shorter or longer than its header says.
  case length(found: Int, expected: Int)
  /// A name is empty, too long or not plain text.
  case tensorName(ByteString)
}

extension SafetensorsFault {
  /// The rule that was broken.
  public var rule: String {
    switch self {
    case .tooShort: "ST-1"
    case .headerLength: "ST-2"
    case .headerTooSmall: "ST-3"
    case .header: "ST-4"
    case .repeatedTensor, .repeatedMetadata, .repeatedField: "ST-5"
    case .metadataValue, .metadataTooLarge: "ST-6"
    case .unknownField, .missingField: "ST-7"
    case .unknownType: "ST-8"
    case .tooManyDimensions, .dimension: "ST-9"
    case .tooManyBytes, .partialByte: "ST-10"
    case .offsets, .byteCount: "ST-11"
    case .hole, .overlap, .length: "ST-12"
    case .tensorName: "ST-13"
    }
  }

  /// What was found and what was expected, as the middle of a sentence.
  var phrase: String {
    switch self {
    case .tooShort(let count):
      "it has \(count) bytes, and even an empty one has 10"
    case .headerLength(let length, let available):
      "its header claims \(length) bytes, but at most \(available) can follow"
    case .headerTooSmall(let length):
      "its header claims \(length) bytes, and even an empty one has 2"
    case .header(let error):
      "its header is not strict JSON: \(error)"
    case .repeatedTensor(let name):
      "it lists the tensor \(name) twice"
    case .repeatedMetadata(let key):
      "its metadata has the key \(key) twice"
    case .repeatedField(let tensor, let field):
      "the tensor \(tensor) has the field \(field) twice"
    case .metadataValue(let key):
      "its metadata entry \(key) is not a string"
    case .metadataTooLarge(let entries, let bytes):
      "its metadata has \(entries) entries in \(bytes) bytes, above 10000 entries or 16 MiB"
    case .unknownField(let tensor, let field):
      "the tensor \(tensor) has a field \(field), beside dtype, shape and data_offsets"
    case .missingField(let tensor, let field):
      "the tensor \(tensor) has no field \(field)"
    case .unknownType(let tensor, let type):
      "the tensor \(tensor) has the unknown dtype \(type)"
    case .tooManyDimensions(let tensor):
      "the tensor \(tensor) has more than 8 dimensions"
    case .dimension(let tensor, let text):
      "the tensor \(tensor) has the dimension \(text), which is no integer from 0 to 2^48 - 1"
    case .tooManyBytes(let tensor):
      "the shape of the tensor \(tensor) is larger than any file"
    case .partialByte(let tensor):
      "the tensor \(tensor) does not fill whole bytes"
    case .offsets(let tensor):
      "the data_offsets of the tensor \(tensor) are not two integers in order"
    case .byteCount(let tensor, let found, let expected):
      "the tensor \(tensor) has \(found) bytes, but its shape and dtype need \(expected)"
    case .hole(let tensor, let begin, let previousEnd):
      "the tensor \(tensor) begins at \(begin), leaving unused bytes after \(previousEnd)"
    case .overlap(let tensor, let begin, let previousEnd):
      "the tensor \(tensor) begins at \(begin), inside the one that ends at \(previousEnd)"
    case .length(let found, let expected):
      "it has \(found) bytes, but its header describes \(expected); the download may be incomplete"
    case .tensorName(let name):
      "the tensor name \"\(name)\" is empty, too long or holds control characters"
    }
  }
}
