import Foundation
import ModelFiles
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
  @Test("appear whole, with the usual permissions, and leave nothing else behind")
  func writes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x"
    try AtomicFile.write([1, 2, 3], to: path, overwriting: false)
    #expect(try folder.bytes("x") == [1, 2, 3])
    try AtomicFile.write([], to: path, overwriting: true)
    #expect(try folder.bytes("x").isEmpty)
    #expect(try folder.names == ["x"])
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    let mask = umask(0)
    umask(mask)
    #expect(mode == 0o666 & ~Int(mask))
  }

  @Test("never replace what they were not told to")
  func keeps() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([9], to: "x")
    #expect(
      failure { try AtomicFile.write([1], to: path, overwriting: false) }
        == .outputExists(path: path))
    #expect(
      failure { try AtomicFile.write([1], to: folder.path, overwriting: true) }
        == .outputIsFolder(path: folder.path))
    #expect(try folder.bytes("x") == [9])
    #expect(try folder.names == ["x"])
  }

  @Test("say why they cannot be written")
  func reasons() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/none/x"
    let error = failure { try AtomicFile.write([1], to: path, overwriting: false) }
    #expect(error?.description == "\(path) cannot be created: No such file or directory.")
    #expect(error?.kind == .cannotCreate)
    let long = folder.path + "/" + String(repeating: "n", count: 300)
    #expect(failure { try AtomicFile.write([1], to: long, overwriting: false) } != nil)
    #expect(failure { try AtomicFile.write([1], to: "", overwriting: false) } != nil)
    #expect(try folder.names.isEmpty)
  }

  @Test("vanish when their writing fails half-way")
  func cleansUp() throws {
    let folder = try TemporaryFolder()
    let failing = ModelFileError.notFound(path: "y")
    #expect(throws: failing) {
      try AtomicFile.write(to: folder.path + "/x", overwriting: false) {
        (output) throws(ModelFileError) in
        try output.append([1, 2])
        throw failing
      }
    }
    #expect(try folder.names.isEmpty)
  }

  @Test("take a name of 255 bytes")
  func longName() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "n", count: 255)
    try AtomicFile.write([1], to: folder.path + "/" + name, overwriting: false)
    #expect(try folder.names == [name])
  }
}
