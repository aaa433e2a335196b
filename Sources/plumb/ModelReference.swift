import Foundation

/// A model and adapters as they are typed: `M`, `M+ADAPTER`, `M+ADAPTER@0.5+ADAPTER`.
///
/// A path may have the signs itself: of the ways to cut, the one with the longest paths that exist holds.
struct ModelReference {
  /// The name of the model that set-up fetched.
  static let defaultName = "smollm2"

  /// The model without adapters.
  let model: String
  /// The adapters' folders and weights, in order.
  let adapters: [(path: String, weight: Double)]

  /// Cuts a text into its parts.
  init(_ text: String) throws {
    var rest = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    func take(_ accepts: (String) -> Bool) -> String {
      let count = (1...rest.count).last { accepts(rest[..<$0].joined(separator: "+")) } ?? 1
      defer { rest.removeFirst(count) }
      return rest[..<count].joined(separator: "+")
    }
    model = take { $0 == Self.defaultName || Self.exists($0) }
    var adapters: [(path: String, weight: Double)] = []
    while !rest.isEmpty {
      let part = take { Self.exists($0) || Self.exists(Self.weighted($0).path) }
      guard !part.isEmpty else {
        throw CommandError.option(
          name: "model", value: text, expected: "an adapter's folder behind each +")
      }
      adapters.append(Self.exists(part) ? (part, 1) : Self.weighted(part))
    }
    self.adapters = adapters
  }

  /// A path and the weight behind its last `@`; 1 where there is none.
  private static func weighted(_ text: String) -> (path: String, weight: Double) {
    guard let sign = text.lastIndex(of: "@"), let weight = Double(text[text.index(after: sign)...]),
      weight.isFinite
    else { return (text, 1) }
    return (String(text[..<sign]), weight)
  }

  private static func exists(_ path: String) -> Bool {
    !path.isEmpty && FileManager.default.fileExists(atPath: path)
  }
}
