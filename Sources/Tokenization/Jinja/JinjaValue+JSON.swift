import ModelFiles

extension JinjaValue {
  /// A JSON value as a template sees it; all its text gets one origin.
  init(_ json: JSONValue, origin: TextOrigin = .template) throws(JinjaError) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .boolean(flag)
    case .number(let number):
      if let integer = number.int {
        self = .integer(integer)
      } else if let float = number.double {
        self = .float(float)
      } else {
        throw .evaluation("the number \(number.text) is out of range")
      }
    case .string(let text): self = .string(TracedText(text.string, origin: origin))
    case .array(let elements):
      var items: [JinjaValue] = []
      for element in elements { items.append(try JinjaValue(element, origin: origin)) }
      self = .list(try JinjaList(items))
    case .object(let object):
      var dictionary = JinjaDictionary()
      for (key, value) in object.members {
        try dictionary.set(
          .string(TracedText(key.string)), to: try JinjaValue(value, origin: origin))
      }
      self = .dictionary(dictionary)
    }
  }
}
