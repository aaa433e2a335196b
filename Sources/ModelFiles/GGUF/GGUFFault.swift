/// What is wrong with a GGUF file.
public enum GGUFFault: Sendable, Equatable {
  case magic([UInt8])
  case version(UInt32)
  case bigEndian
  case endsEarly
  case keyCount(UInt64)
  case tensorCount(UInt64)
  case keyLength(UInt64)
  case keyText(ByteString)
  case repeatedKey(ByteString)
  case valueType(key: ByteString, type: UInt32)
  case nestedArray(key: ByteString)
  case stringLength(key: ByteString, length: UInt64)
  case arrayCount(key: ByteString, count: UInt64)
  case truthValue(key: ByteString, byte: UInt8)
  case alignment(found: String)
  case tensorNameLength(UInt64)
  case tensorName(ByteString)
  case repeatedTensor(ByteString)
  case dimensionCount(tensor: ByteString, count: UInt32)
  case dimension(tensor: ByteString, size: UInt64)
  case tooManyElements(tensor: ByteString)
  case elementType(tensor: ByteString, type: UInt32)
  case unsupportedType(tensor: ByteString, name: String)
  case rowLength(tensor: ByteString, length: Int, type: ElementType)
  case dataStart(UInt64, count: Int)
  case misaligned(tensor: ByteString, offset: UInt64, alignment: Int)
  case beyondEnd(tensor: ByteString, offset: UInt64, byteCount: Int, available: Int)
  case overlap(tensor: ByteString, offset: Int, previousEnd: Int)
  case hole(tensor: ByteString, offset: Int, previousEnd: Int)
  case trailingBytes(Int)
  case missingKey(ByteString)
  case wrongKind(key: ByteString, found: String, expected: String)
  case outOfRange(key: ByteString, found: String, expected: String)
  case vocabularyLengths(tokens: Int, other: ByteString, count: Int)
  case tokenTooLong(index: Int)
  case tokenType(index: Int, found: Int)
  case byteToken(index: Int, text: ByteString)
  case repeatedByteToken(ByteString)
  case specialToken(key: ByteString, found: String, vocabularySize: Int)
  case headRows(tensor: ByteString, rows: Int, heads: Int)
  case splitName(count: Int)
  case splitPart(number: Int, of: Int)
  case splitTensorCount(found: Int, stated: Int)
}

extension GGUFFault {
  /// The rule that was broken.
  public var rule: String {
    switch self {
    case .magic, .version, .bigEndian: "GG-1"
    case .endsEarly, .keyCount, .tensorCount: "GG-2"
    case .keyLength, .keyText, .repeatedKey: "GG-3"
    case .valueType, .nestedArray: "GG-4"
    case .stringLength, .tokenTooLong: "GG-5"
    case .arrayCount: "GG-6"
    case .truthValue: "GG-7"
    case .alignment: "GG-8"
    case .tensorNameLength, .tensorName, .repeatedTensor: "GG-9"
    case .dimensionCount, .dimension, .tooManyElements: "GG-10"
    case .elementType, .unsupportedType, .rowLength: "GG-11"
    case .dataStart: "GG-12"
    case .misaligned, .beyondEnd, .overlap, .hole: "GG-13"
    case .trailingBytes: "GG-14"
    case .missingKey, .wrongKind, .outOfRange: "GG-15"
    case .vocabularyLengths, .tokenType, .byteToken, .repeatedByteToken, .specialToken: "GG-17"
    case .headRows: "GG-16"
    case .splitName, .splitPart, .splitTensorCount: "GG-18"
    }
  }
}

extension GGUFFault {
  /// What was found and what was expected, as the middle of a sentence.
  var phrase: String {
    switch self {
    case .magic(let bytes): "it starts with \"\(ByteString(bytes))\" instead of \"GGUF\""
    case .version(let version): "it has version \(version), and only 2 and 3 are read"
    case .bigEndian: "it is written for big-endian machines; convert it again for little-endian"
    case .endsEarly: "it ends inside its header; the download may be incomplete"
    case .keyCount(let count): "it claims \(count) metadata keys, more than its bytes can hold"
    case .tensorCount(let count): "it claims \(count) tensors, more than its bytes can hold"
    case .keyLength(let length): "a metadata key claims \(length) bytes"
    case .keyText(let key): "the metadata key \"\(key)\" is not plain text"
    case .repeatedKey(let key): "it has the metadata key \(key) twice"
    case .valueType(let key, let type): "\(key) has the unknown value type \(type)"
    case .nestedArray(let key): "\(key) is an array of arrays, which is not read"
    case .stringLength(let key, let length):
      "\(key) has a string of \(length) bytes, more than follow or more than 64 MiB"
    case .arrayCount(let key, let count):
      "\(key) has an array of \(count) elements, more than its bytes can hold"
    case .truthValue(let key, let byte): "\(key) has the truth value \(byte) instead of 0 or 1"
    case .alignment(let found):
      "general.alignment is \(found), but it has to be a 32-bit unsigned power of two from 8 to 2^20"
    case .tensorNameLength(let length):
      "a tensor name claims \(length) bytes, but names have 1 to 64"
    case .tensorName(let name): "the tensor name \"\(name)\" is not plain text"
    case .repeatedTensor(let name): "it has the tensor \(name) twice"
    case .dimensionCount(let tensor, let count):
      "the tensor \(tensor) has \(count) dimensions instead of 1 to 4"
    case .dimension(let tensor, let size):
      "the tensor \(tensor) has the dimension \(size), above 2^48"
    case .tooManyElements(let tensor): "the tensor \(tensor) has more than 2^48 elements"
    case .elementType(let tensor, let type):
      "the tensor \(tensor) has the unknown or removed type \(type)"
    case .unsupportedType(let tensor, let name):
      "the tensor \(tensor) has the type \(name), which is not read; "
        + "use a file quantised as \(ElementType.readable.map(\.name).joined(separator: ", "))"
    case .rowLength(let tensor, let length, let type):
      "the tensor \(tensor) has rows of \(length) elements, but \(type.name) packs "
        + "\(type.elementsPerBlock) at a time"
    case .dataStart(let start, let count):
      "its data should start at byte \(start), but it has \(count) bytes"
    case .misaligned(let tensor, let offset, let alignment):
      "the tensor \(tensor) has the offset \(offset), which is no multiple of \(alignment)"
    case .beyondEnd(let tensor, let offset, let byteCount, let available):
      "the tensor \(tensor) needs \(byteCount) bytes from offset \(offset), but only \(available) "
        + "bytes of data are there; the download may be incomplete"
    case .overlap(let tensor, let offset, let previousEnd):
      "the tensor \(tensor) begins at \(offset), inside the one that ends at \(previousEnd)"
    case .hole(let tensor, let offset, let previousEnd):
      "the tensor \(tensor) begins at \(offset), leaving unused bytes after \(previousEnd)"
    case .trailingBytes(let count): "\(count) bytes follow its last tensor"
    case .missingKey(let key): "it has no metadata key \(key)"
    case .wrongKind(let key, let found, let expected): "\(key) is \(found) instead of \(expected)"
    case .outOfRange(let key, let found, let expected):
      "\(key) is \(found), but it has to be \(expected)"
    case .vocabularyLengths(let tokens, let other, let count):
      "it has \(tokens) tokens but \(count) entries in \(other)"
    case .tokenTooLong(let index): "token \(index) is longer than 4096 bytes"
    case .tokenType(let index, let found):
      "token \(index) has the type \(found), but types are 1 to 6"
    case .byteToken(let index, let text):
      "token \(index) stands for a byte but is written \"\(text)\" instead of like <0x0A>"
    case .repeatedByteToken(let text): "the byte token \(text) occurs twice"
    case .specialToken(let key, let found, let vocabularySize):
      "\(key) is \(found), but there are \(vocabularySize) tokens"
    case .headRows(let tensor, let rows, let heads):
      "the tensor \(tensor) has \(rows) rows, which \(heads) heads of even width cannot share"
    case .splitName(let count):
      "it is one of \(count) parts, so its name has to end like -00001-of-"
        + "\(GGUFSplit.digits(count)).gguf"
    case .splitPart(let number, let count):
      "it does not say that it is part \(number) of \(count), as its name does"
    case .splitTensorCount(let found, let stated):
      "its parts hold \(found) tensors, but split.tensors.count is \(stated)"
    }
  }
}
