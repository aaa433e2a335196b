/// A file that is often found where a model file should be.
public enum Stranger: Sendable, Equatable {
  /// The small text that Git LFS leaves in place of a file it has not fetched.
  case gitLFSPointer
  /// A page that a server sent instead of the file.
  case webPage
  /// Pickled Python objects, which run code when they are read.
  case pickle
  /// One file out of a model folder.
  case safetensors

  /// Recognises a stranger by its first bytes.
  init?(_ file: MappedFile) {
    let head = file.withSpan { (bytes) -> [UInt8] in
      (0..<min(bytes.count, 64)).map { bytes[$0] }
    }
    let text = String(decoding: head, as: UTF8.self).lowercased()
    if text.hasPrefix("version https://git-lfs") {
      self = .gitLFSPointer
    } else if text.hasPrefix("<!doctype") || text.hasPrefix("<html") {
      self = .webPage
    } else {
      return nil
    }
  }

  /// Recognises weights of other formats by the ending of their name.
  init?(fileName: String) {
    let name = fileName.lowercased()
    if [".bin", ".pt", ".pth", ".ckpt", ".pkl"].contains(where: name.hasSuffix) {
      self = .pickle
    } else if name.hasSuffix(".safetensors") {
      self = .safetensors
    } else {
      return nil
    }
  }
}
