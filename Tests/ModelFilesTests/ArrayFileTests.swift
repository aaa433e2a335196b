import Foundation
import ModelFiles
import Testing

/// The goldens hold (k % 17 − 8) / 4 as value k, and integers that count up.
@Suite("Files of arrays")
struct ArrayFileTests {
  private static func golden(_ name: String) throws -> ArrayFile {
    try ArrayFile(path: Golden.path("arrays/\(name)"), followingLinks: false)
  }

  private static func expected(_ count: Int) -> [Float] {
    (0..<count).map { Float($0 % 17 - 8) / 4 }
  }

  @Test(
    "reads every type as NumPy wrote it",
    arguments: ["stored.npz", "deflated.npz", "streamed.npz"])
  func numpy(_ name: String) throws {
    let file = try Self.golden(name)
    #expect(
      file.names == ["deep", "float16", "float32", "float64", "int32", "int64", "uint8"])
    for type in ["float16", "float32", "float64"] {
      let array = try #require(file[ByteString(type)])
      #expect(array.shape == [5, 7] && array.element?.name == type)
      let reader = try ArrayReader(array)
      // In pieces that do not divide the array.
      let values = try reader.floats(4) + reader.floats(30) + reader.floats(1)
      #expect(values == Self.expected(35))
    }
    for type in ["int32", "int64", "uint8"] {
      let array = try #require(file[ByteString(type)])
      #expect(array.shape == [10] && array.element?.name == type)
      #expect(try ArrayReader(array).integers(10) == Array(0..<10))
    }
    #expect(file["deep"]?.shape == [2, 3, 4])
    #expect(file["float32.npy"] == nil)
  }

  @Test("reads safetensors, and bfloat16")
  func safetensors() throws {
    let file = try Self.golden("import/mean.safetensors")
    let array = try #require(file["m0"])
    #expect(array.shape == [70, 6] && array.element == .bfloat16)
    #expect(try ArrayReader(array).floats(420) == Self.expected(420).map { -$0 })
    #expect(try #require(try Self.golden("import/tokens.safetensors")["ids"]).element == .int32)
  }

  @Test(
    "refuses what it cannot read as it is",
    arguments: [
      ("fortran_order.npz", "Fortran"), ("big_endian_order.npz", ">f4"), ("truth.npz", "|b1"),
      ("objects.npz", "|O"),
    ])
  func refuses(_ name: String, _ word: String) throws {
    let error = try #require(failure { try Self.golden(name) })
    #expect(error.kind == .badInput)
    #expect(error.description.contains("x.npy") && error.description.contains(word))
  }

  @Test("refuses names that say nothing and files that hold Python objects")
  func endings() throws {
    #expect(
      failure { try ArrayFile(path: "a.h5", followingLinks: false) } == .arrayEnding(path: "a.h5"))
    let pickle = failure { try ArrayFile(path: "a.pt", followingLinks: false) }
    #expect(pickle?.description.contains("pickled") == true)
  }

  @Test("a link out of the folder is not followed")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.link("a.npz", to: Golden.path("arrays/stored.npz"))
    let path = folder.path + "/a.npz"
    #expect(
      failure { try ArrayFile(path: path, followingLinks: false) } == .symbolicLink(path: path))
    #expect(try ArrayFile(path: path, followingLinks: true).names.count == 7)
  }

  /// Reads everything that a file of these bytes has.
  private static func readAll(_ bytes: [UInt8], _ folder: TemporaryFolder) throws {
    let file = try ArrayFile(
      path: try folder.write(bytes, to: "x.npz"), followingLinks: false)
    for name in file.names {
      guard let array = file[name], let element = array.element else { continue }
      let count = array.shape.reduce(1, *)
      let reader = try ArrayReader(array)
      _ = element.isFloat ? try reader.floats(count).count : try reader.integers(count).count
    }
  }

  @Test(
    "a file cut off anywhere is refused", arguments: ["stored.npz", "deflated.npz", "streamed.npz"])
  func truncated(_ name: String) throws {
    let whole = try Golden.bytes("arrays/\(name)")
    let folder = try TemporaryFolder()
    for count in stride(from: 1, to: whole.count, by: 5) {
      #expect(failure { try Self.readAll(Array(whole[..<count]), folder) } != nil, "\(count) bytes")
    }
  }

  @Test("a changed number does not go unnoticed")
  func damaged() throws {
    let folder = try TemporaryFolder()
    for name in ["stored.npz", "deflated.npz"] {
      var bytes = try Golden.bytes("arrays/\(name)")
      // The middle of the first entry, whose header and data are most of these bytes.
      bytes[name == "stored.npz" ? 200 : 100] ^= 1
      let error = failure { try Self.readAll(bytes, folder) }
      #expect(error?.kind == .badInput, "\(name)")
    }
  }

  /// A zip file of one deflated entry whose sizes are what the test says.
  private static func zip(
    name: String = "x.npy", method: UInt16 = 8, flags: UInt16 = 0, packed: [UInt8],
    unpacked: UInt32, packedCount: UInt32? = nil, offset: UInt32 = 0, entries: UInt16 = 1
  ) -> [UInt8] {
    let count = packedCount ?? UInt32(packed.count)
    let sizes = UInt32(0).littleEndianBytes + count.littleEndianBytes + unpacked.littleEndianBytes
    let middle =
      flags.littleEndianBytes + method.littleEndianBytes + [UInt8](repeating: 0, count: 4) + sizes
      + UInt16(name.utf8.count).littleEndianBytes + [0, 0]
    let local = [0x50, 0x4B, 3, 4, 20, 0] + middle + Array(name.utf8) + packed
    let listing =
      [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + middle + [UInt8](repeating: 0, count: 10)
      + offset.littleEndianBytes + Array(name.utf8)
    var directory: [UInt8] = []
    for _ in 0..<entries { directory += listing }
    return local + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + entries.littleEndianBytes
      + entries.littleEndianBytes + UInt32(directory.count).littleEndianBytes
      + UInt32(local.count).littleEndianBytes + [0, 0]
  }

  @Test("refuses archives that lie about themselves, without unpacking them")
  func hostile() throws {
    let folder = try TemporaryFolder()
    let some = [UInt8](repeating: 0, count: 40)
    let cases: [(bytes: [UInt8], word: String)] = [
      (Self.zip(packed: some, unpacked: 0xFFFF_FFF0), "more than deflate can"),
      (Self.zip(method: 0, packed: some, unpacked: 41), "more than deflate can"),
      (Self.zip(method: 12, packed: some, unpacked: 40), "method 12"),
      (Self.zip(flags: 1, packed: some, unpacked: 40), "password"),
      (Self.zip(packed: some, unpacked: 40, packedCount: 4000), "outside the file"),
      (Self.zip(packed: some, unpacked: 40, offset: 3), "not what the directory says"),
      (Self.zip(packed: some, unpacked: 40, offset: 0x7FFF_FFFF), "outside the file"),
      (Self.zip(packed: some, unpacked: 40, entries: 2), "two entries"),
      (Self.zip(name: "a\u{1B}[2J.npy", packed: some, unpacked: 40), "control characters"),
      (Self.zip(name: "", packed: some, unpacked: 40), "empty"),
      (Self.zip(packed: some, unpacked: 40), "does not unpack"),
      (Self.zip(method: 0, packed: some, unpacked: 40), "does not start as NumPy"),
      (Array("<html>nothing</html>".utf8), "web page"),
      ([UInt8](repeating: 0, count: 100), "does not end as a zip file"),
    ]
    for (bytes, word) in cases {
      let error = try #require(failure { try Self.readAll(bytes, folder) }, "\(word)")
      #expect(error.kind == .badInput)
      #expect(error.description.contains(word), "\(error.description)")
      #expect(!error.description.contains("\u{1B}"))
    }
  }

  @Test("headers are what NumPy writes, no more and no less")
  func headers() throws {
    let folder = try TemporaryFolder()
    func error(_ header: String, version: UInt8 = 1, data: Int = 8) -> ModelFileError? {
      let text = Array(header.utf8)
      let length =
        version == 1 ? UInt16(text.count).littleEndianBytes : UInt32(text.count).littleEndianBytes
      let bytes =
        [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text
        + [UInt8](repeating: 0, count: data)
      return failure {
        try Self.readAll(Self.zip(method: 0, packed: bytes, unpacked: UInt32(bytes.count)), folder)
      }
    }
    let sound = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
    // The checksum of these files is 0: a header that is read comes as far as that.
    for (version, header) in [(1, sound), (2, sound), (3, sound.replacing("(2,)", with: "(1, 2)"))]
    {
      #expect(
        error(header, version: UInt8(version))?.description.contains("checksum") == true)
    }
    for (header, word) in [
      (sound.replacing("(2,)", with: "(3,)"), "another size"),
      (sound.replacing("(2,)", with: "(99999999999, 99999999999, 99999999999)"), "another size"),
      (sound.replacing("(2,)", with: "(-2,)"), "shape"),
      (sound.replacing("(2,)", with: "(281474976710656,)"), "shape"),
      (sound.replacing("(2,)", with: "(1,1,1,1,1,1,1,1,2)"), "shape"),
      (sound.replacing("(2,)", with: "2"), "no ("),
      (sound.replacing("False", with: "0"), "no False"),
      (sound.replacing("'<f4'", with: "[('a', '<f4')]"), "no '"),
      (sound.replacing("'shape'", with: "'descr'"), "once too often"),
      (sound.replacing("}", with: ""), "header"), (sound + "x", "lacks"), ("{}", "lacks"),
      ("", "too short"),
    ] {
      #expect(
        error(header)?.description.contains(word) == true,
        "\(header): \(error(header)?.description ?? "")")
    }
    #expect(error(sound, version: 9)?.description.contains("version is 9") == true)
  }

  @Test("mutated archives are read or refused")
  func mutated() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 9)
    var refused = 0
    for name in ["stored.npz", "deflated.npz"] {
      let whole = try Golden.bytes("arrays/\(name)")
      for _ in 0..<400 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let place = Int.random(in: 0..<bytes.count, using: &generator)
          bytes[place] =
            Bool.random(using: &generator) ? 0xFF : UInt8.random(in: 0...255, using: &generator)
        }
        if failure({ try Self.readAll(bytes, folder) }) != nil { refused += 1 }
      }
    }
    #expect(refused > 300)
  }
}
