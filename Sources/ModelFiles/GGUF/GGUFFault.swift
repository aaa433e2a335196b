/// What is wrong with a GGUF file.
public enum GGUFFault: Sendable, Equatable {
  /// The file does not start with its magic.
  case magic([UInt8])
  /// The version is not one that is read.
  case version(UInt32)
  /// The file has the other byte order.
  case bigEndian
  /// The file ends inside its header.
  case endsEarly
  /// More metadata keys are claimed than fit.
  case keyCount(UInt64)
  /// More tensors are claimed than fit.
  case tensorCount(UInt64)
  /// A key is empty or longer than it may be.
  case keyLength(UInt64)
  /// A key is not plain text.
  case keyText(ByteString)
  /// A key occurs twice.
  case repeatedKey(ByteString)
  /// A value has a type that the format does not know.
  case valueType(key: ByteString, type: UInt32)
  /// An array holds arrays.
  case nestedArray(key: ByteString)
  /// A string is longer than it may be.
  case stringLength(key: ByteString, length: UInt64)
  /// An array is longer than it may be.
  case arrayCount(key: ByteString, count: UInt64)
  /// A truth value is neither 0 nor 1.
  case truthValue(key: ByteString, byte: UInt8)
  /// The alignment is of the wrong type or size.
  case alignment(found: String)
  /// A tensor name is empty or longer than it may be.
  case tensorNameLength(UInt64)
  /// A tensor name is not plain text.
  case tensorName(ByteString)
  /// A tensor occurs twice.
  case repeatedTensor(ByteString)
  /// A tensor has not one to four dimensions.
  case dimensionCount(tensor: ByteString, count: UInt32)
  /// A dimension is larger than it may be.
  case dimension(tensor: ByteString, size: UInt64)
  /// A tensor has more elements than it may have.
  case tooManyElements(tensor: ByteString)
  /// A tensor has a type that the format does not know.
  case elementType(tensor: ByteString, type: UInt32)
  /// A tensor has a type that is not read.
  case unsupportedType(tensor: ByteString, name: String)
  /// A row is no whole number of blocks.
  case rowLength(tensor: ByteString, length: Int, type: ElementType)
  /// The data would start after the end of the file.
  case dataStart(UInt64, count: Int)
  /// A tensor does not start at a multiple of the alignment.
  case misaligned(tensor: ByteString, offset: UInt64, alignment: Int)
  /// A tensor reaches past the end of the file.
  case beyondEnd(tensor: ByteString, offset: UInt64, byteCount: Int, available: Int)
  /// Two tensors share bytes.
  case overlap(tensor: ByteString, offset: Int, previousEnd: Int)
  /// Bytes between two tensors belong to none.
  case hole(tensor: ByteString, offset: Int, previousEnd: Int)
  /// Too much follows the last tensor.
  case trailingBytes(Int)
  /// A needed key is absent.
  case missingKey(ByteString)
  /// A value is of the wrong kind.
  case wrongKind(key: ByteString, found: String, expected: String)
  /// A value is outside what it may be.
  case outOfRange(key: ByteString, found: String, expected: String)
  /// Two arrays about the tokens differ in length.
  case vocabularyLengths(tokens: Int, other: ByteString, count: Int)
  /// A token is longer than it may be.
  case tokenTooLong(index: Int)
  /// A token has a type that the format does not know.
  case tokenType(index: Int, found: Int)
  /// A token for a byte is not written as one.
  case byteToken(index: Int, text: ByteString)
  /// Two tokens stand for the same byte.
  case repeatedByteToken(ByteString)
  /// A special token is not in the vocabulary.
  case specialToken(key: ByteString, found: String, vocabularySize: Int)
  /// The rows of a projection cannot be shared among the heads.
  case headRows(tensor: ByteString, rows: Int, heads: Int)
  /// A part of a model has a name without its number.
  case splitName(count: Int)
  /// A part is not the one that its name says.
  case splitPart(number: Int, of: Int)
  /// The parts do not add up to the stated number of tensors.
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
