import Foundation

/// A report as JSON text: keys in snake case and sorted, the same bytes for the same report.
func reportJSON(_ report: some Encodable) throws -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  return Array(try encoder.encode(report)) + [UInt8(ascii: "\n")]
}
