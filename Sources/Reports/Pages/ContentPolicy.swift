import Crypto
import Foundation

/// What a page may load and run: nothing but what is in it.
enum ContentPolicy {
  /// A policy for pages whose only scripts are these.
  static func allowing(scripts: [String]) -> String {
    let hashes = scripts.map { script in
      "'sha256-\(Data(SHA256.hash(data: Data(script.utf8))).base64EncodedString())'"
    }
    return [
      "default-src 'none'", "script-src \(hashes.joined(separator: " "))",
      // Charts and their tooltips place elements by style.
      "style-src 'unsafe-inline'", "img-src data: blob:", "base-uri 'none'", "form-action 'none'",
    ].joined(separator: "; ")
  }
}
