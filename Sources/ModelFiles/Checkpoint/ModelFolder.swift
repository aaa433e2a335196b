#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder in HuggingFace's layout and the names of its parts.
struct ModelFolder {
  /// The folder as the user named it.
  let path: String

  static let configurationName = "config.json"
  static let generationName = "generation_config.json"
  static let weightsName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"
  static let tokenizerName = "tokenizer.json"
  static let tokenizerConfigurationName = "tokenizer_config.json"
  static let chatTemplateName = "chat_template.jinja"

  /// The path of a file in the folder.
  func path(of name: String) -> String {
    path.hasSuffix("/") ? path + name : path + "/" + name
  }

  /// Whether something has the folder's name.
  var exists: Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0
  }

  /// Whether the folder is a model's.
  var isModel: Bool { has(Self.configurationName) }

  /// Whether the folder has an entry of that name.
  func has(_ name: String) -> Bool {
    var status = stat()
    return unsafe lstat(path(of: name), &status) == 0
  }

  /// Opens a part if the folder has it.
  func openIfPresent(_ name: String) throws(ModelFileError) -> MappedFile? {
    has(name) ? try MappedFile(path: path(of: name)) : nil
  }

  /// Opens a file whose name was found inside another file.
  ///
  /// Links are not followed, except into the blob store of the HuggingFace cache, where every file of a
  /// snapshot is a link of one fixed form.
  func openNamedInside(_ name: String) throws(ModelFileError) -> MappedFile {
    do {
      return try MappedFile(path: path(of: name), followingLinks: false)
    } catch {
      guard case .symbolicLink = error, let blob = cacheBlob(of: name) else { throw error }
      return try MappedFile(path: path(of: blob), followingLinks: false)
    }
  }

  /// Where a link `name` → `../../blobs/<hexadecimal digest>` leads, or nil for any other link.
  private func cacheBlob(of name: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return -1 }
      return unsafe readlink(
        path(of: name), base.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard length > 0 else { return nil }
    let target = String(decoding: buffer[..<length], as: UTF8.self)
    let prefix = "../../blobs/"
    guard target.hasPrefix(prefix) else { return nil }
    let digest = target.dropFirst(prefix.count)
    guard [40, 64].contains(digest.count), digest.allSatisfy(\.isHexDigit) else { return nil }
    return target
  }

  /// The names in the folder, sorted, or none when it cannot be listed.
  func names() -> [String] {
    guard let stream = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      names.append(name)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
