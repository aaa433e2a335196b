/// placeholder until swift-crypto
package enum Digest {
  static func sha256(of file: MappedFile) -> String { "" }
  static func sha256(of files: [MappedFile]) -> String { "" }
}
