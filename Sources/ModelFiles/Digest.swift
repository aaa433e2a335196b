import Crypto

/// SHA-256 digests in hexadecimal.
public enum Digest {
  /// The digest of bytes in memory.
  public static func sha256(of bytes: [UInt8]) -> String {
    hexadecimal(SHA256.hash(data: bytes))
  }

  /// The digest of a file's content.
  public static func sha256(of file: MappedFile) -> String {
    var hash = SHA256()
    update(&hash, with: file)
    return hexadecimal(hash.finalize())
  }

  /// The digest of bytes that come a piece at a time.
  package static func sha256<Failure: Error>(
    ofPieces body: ((UnsafeRawBufferPointer) -> Void) throws(Failure) -> Void
  ) throws(Failure) -> String {
    var hash = SHA256()
    try unsafe body { unsafe hash.update(bufferPointer: $0) }
    return hexadecimal(hash.finalize())
  }

  /// The digest of several files, each preceded by its name, a zero byte and its size.
  ///
  /// The files are taken in the order of their names, so that no two lists give the same bytes.
  static func sha256(of files: [MappedFile]) -> String {
    var hash = SHA256()
    for file in files.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      hash.update(data: Array("\(file.name)\0\(file.count)\0".utf8))
      update(&hash, with: file)
    }
    return hexadecimal(hash.finalize())
  }

  private static func update(_ hash: inout SHA256, with file: MappedFile) {
    // A piece at a time, so that a file larger than memory does not stay in it.
    for first in stride(from: 0, to: file.count, by: pieceByteCount) {
      let piece = first..<min(first + pieceByteCount, file.count)
      unsafe file.withBytes { bytes in
        unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[piece]))
      }
      file.release(piece)
    }
  }

  private static let pieceByteCount = 1 << 24

  private static func hexadecimal(_ digest: SHA256.Digest) -> String {
    digest.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
