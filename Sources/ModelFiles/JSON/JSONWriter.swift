extension JSONValue {
  /// The value as compact JSON text.
  ///
  /// Sorting members by the bytes of their keys makes the text canonical: equal values give equal
  /// bytes. Otherwise members keep their order.
  public func text(sorted: Bool = true) -> [UInt8] {
    var output: [UInt8] = []
    write(to: &output, sorted: sorted)
    return output
  }

  /// The value as JSON text for people: a line for each member and element, members in their order.
  public func indentedText() -> [UInt8] {
    var output: [UInt8] = []
    writeIndented(to: &output, depth: 0)
    return output
  }

  private func writeIndented(to output: inout [UInt8], depth: Int) {
    func lines(_ brackets: String, _ count: Int, _ line: (Int, inout [UInt8]) -> Void) {
      let (opening, closing) = (brackets.utf8.prefix(1), brackets.utf8.suffix(1))
      output.append(contentsOf: opening)
      for index in 0..<count {
        output.append(contentsOf: (index > 0 ? ",\n" : "\n").utf8)
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth + 2))
        line(index, &output)
      }
      if count > 0 {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
      }
      output.append(contentsOf: closing)
    }
    switch self {
    case .array(let elements):
      lines("[]", elements.count) { elements[$0].writeIndented(to: &$1, depth: depth + 1) }
    case .object(let object):
      let members = object.members
      lines("{}", members.count) { index, output in
        Self.write(members[index].key, to: &output)
        output.append(contentsOf: ": ".utf8)
        members[index].value.writeIndented(to: &output, depth: depth + 1)
      }
    case .null, .bool, .number, .string: write(to: &output, sorted: true)
    }
  }

  private func write(to output: inout [UInt8], sorted: Bool) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let number): output.append(contentsOf: number.text.utf8)
    case .string(let string): Self.write(string, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.write(to: &output, sorted: sorted)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let object):
      let members = sorted ? object.members.sorted { $0.key < $1.key } : object.members
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Self.write(member.key, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.write(to: &output, sorted: sorted)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ string: ByteString, to output: inout [UInt8]) {
    let hexadecimal = Array("0123456789abcdef".utf8)
    output.append(UInt8(ascii: "\""))
    for byte in string.bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(contentsOf: [0x5C, byte])
      case 0x08: output.append(contentsOf: "\\b".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      case 0x0A: output.append(contentsOf: "\\n".utf8)
      case 0x0C: output.append(contentsOf: "\\f".utf8)
      case 0x0D: output.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        output.append(contentsOf: "\\u00".utf8)
        output.append(hexadecimal[Int(byte >> 4)])
        output.append(hexadecimal[Int(byte & 15)])
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
