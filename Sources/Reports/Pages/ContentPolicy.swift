import Foundation
import ModelFiles

/// What a page may load and run: nothing but what is in it.
enum ContentPolicy {
  /// A policy for pages whose only scripts are these.
  static func allowing(scripts: [String]) -> String {
    let digests = scripts.map { "'sha256-\(base64(Digest.sha256(of: Array($0.utf8))))'" }
    return [
      "default-src 'none'", "script-src \(digests.joined(separator: " "))",
      // Charts and their tooltips place elements by style.
      "style-src 'unsafe-inline'", "img-src data: blob:", "base-uri 'none'", "form-action 'none'",
    ].joined(separator: "; ")
  }

  private static func base64(_ hexadecimal: String) -> String {
    var digits = hexadecimal[...]
    var bytes = Data()
    while !digits.isEmpty {
      bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
      digits = digits.dropFirst(2)
    }
    return bytes.base64EncodedString()
  }
}
