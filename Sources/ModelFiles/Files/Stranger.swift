/// A file that is often found where a model file should be.
public enum Stranger: Sendable, Equatable {
  /// The small text that Git LFS leaves in place of a file it has not fetched.
  case gitLFSPointer
  /// A page that a server sent instead of the file.
  case webPage
  /// Pickled Python objects, which run code when they are read.
  case pickle

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

  /// Recognises pickled weights by the ending of their name.
  init?(fileName: String) {
    let endings = [".bin", ".pt", ".pth", ".ckpt", ".pkl"]
    guard endings.contains(where: fileName.lowercased().hasSuffix) else { return nil }
    self = .pickle
  }
}
