/// The parts of a GGUF model that was split over several files.
enum GGUFSplit {
  private static let countRange = 1...9_999
  private static let countKey = "split.count"
  private static let numberKey = "split.no"
  private static let tensorCountKey = "split.tensors.count"

  /// Opens the file and, when it is one of several parts, the others beside it, in order.
  static func open(path: String) throws(ModelFileError) -> [GGUFFile] {
    let named = try GGUFFile(path: path)
    let count = try named.metadata.integer(countKey, in: 0...countRange.upperBound) ?? 1
    guard count > 1 else { return [named] }
    let ending = "-of-\(digits(count)).gguf"
    guard path.hasSuffix(ending), let prefix = prefix(of: path.dropLast(ending.count)) else {
      throw named.metadata.fault(.splitName(count: count))
    }
    var parts: [GGUFFile] = []
    var names: Set<ByteString> = []
    for number in 1...count {
      let part = try GGUFFile(path: "\(prefix)-\(digits(number))\(ending)")
      let stated = try part.metadata.integer(countKey)
      let index = try part.metadata.integer(numberKey)
      guard stated == count, index == number - 1 else {
        throw part.metadata.fault(.splitPart(number: number, of: count))
      }
      for tensor in part.tensors where !names.insert(tensor.name).inserted {
        throw part.metadata.fault(.repeatedTensor(tensor.name))
      }
      parts.append(part)
    }
    if let stated = try parts[0].metadata.integer(tensorCountKey), stated != names.count {
      throw named.metadata.fault(.splitTensorCount(found: names.count, stated: stated))
    }
    return parts
  }

  /// A part number with five digits.
  static func digits(_ number: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(5 - text.count, 0)) + text
  }

  /// What stands before the five digits of the part number.
  private static func prefix(of name: Substring) -> Substring? {
    let number = name.suffix(5)
    let prefix = name.dropLast(5)
    guard
      number.count == 5, number.allSatisfy({ $0.isASCII && $0.isNumber }), prefix.hasSuffix("-")
    else { return nil }
    return prefix.dropLast()
  }
}
