import ModelFiles
import Testing

@Suite("Digests")
struct DigestTests {
  @Test("are SHA-256 in hexadecimal")
  func knownAnswers() throws {
    #expect(
      Digest.sha256(of: Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: try folder.write("abc", to: "x"))
    #expect(Digest.sha256(of: file) == Digest.sha256(of: Array("abc".utf8)))
  }
}
