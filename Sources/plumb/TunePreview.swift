import Foundation
import ModelFiles
import Tokenization
import Tuning

/// Examples as a model reads them, with the tokens that carry loss marked.
struct TunePreview {
  let tokenizer: Tokenizer
  let isColored: Bool

  /// One example: a heading and its text, what carries loss in brackets or inverse.
  func lines(of example: TrainingExample) -> String {
    let heading =
      "line \(example.line), id \(ByteString(example.id)): \(example.ids.count) tokens, "
      + "\(example.targetCount) with loss"
    let (start, end) = isColored ? ("\u{1B}[7m", "\u{1B}[0m") : ("[", "]")
    var text = ""
    var position = 0
    while position < example.ids.count {
      let carries = example.carriesLoss[position]
      let next =
        example.carriesLoss[position...].firstIndex(of: !carries) ?? example.ids.count
      let bytes = example.ids[position..<next].flatMap { tokenizer.bytes(of: $0) }
      let run = Self.printable(String(decoding: bytes, as: UTF8.self))
      text += carries ? start + run + end : run
      position = next
    }
    return heading + "\n" + text
  }

  /// One example for programs.
  static func json(_ example: TrainingExample) -> [UInt8] {
    let object: JSONObject = [
      "line": .number(example.line), "id": .string(example.id),
      "ids": .array(example.ids.map { .number(Int($0)) }),
      "loss": .array(example.carriesLoss.map { .bool($0) }),
    ]
    return JSONValue.object(object).text(sorted: false) + [UInt8(ascii: "\n")]
  }

  /// Text without control characters but line feeds, since it comes from a file.
  private static func printable(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      shown += isControl && scalar != "\n" ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return shown
  }
}
