import ModelFiles
import Testing

/// The point of these tests is that they end: a trap in a parser would kill them.
@Suite("Mutated files")
struct MutationTests {
  private static let rounds = 3_000

  /// Changes a few bytes: to anything, to extremes, or by moving a stretch.
  private static func mutated(
    _ bytes: [UInt8], within limit: Int, using generator: inout SeededGenerator
  ) -> [UInt8] {
    var bytes = bytes
    let limit = min(limit, bytes.count)
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0..<limit, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2:
        for index in place..<min(place + 8, bytes.count) { bytes[index] = 0xFF }
      case 3: bytes.swapAt(place, Int.random(in: 0..<limit, using: &generator))
      default: bytes = Array(bytes[..<place]) + Array(bytes[min(place + 1, bytes.count)...])
      }
      guard !bytes.isEmpty else { return [0] }
      if bytes.count <= limit { break }
    }
    return bytes
  }

  @Test("safetensors headers are read or refused")
  func safetensors() throws {
    let whole = try Golden.bytes("tiny-checkpoints/qwen3/model.safetensors")
    var generator = SeededGenerator(seed: 1)
    var refused = 0
    for _ in 0..<Self.rounds {
      let bytes = Self.mutated(whole, within: 1_600, using: &generator)
      do {
        let header = try SafetensorsHeader(bytes.span)
        #expect(header.tensors.allSatisfy { $0.offset + $0.byteCount <= bytes.count })
      } catch {
        refused += 1
        #expect(!error.rule.isEmpty)
      }
    }
    #expect(refused > Self.rounds / 2)
    for count in 0..<min(whole.count, 3_000) {
      #expect(throws: SafetensorsFault.self) { try SafetensorsHeader(Array(whole[..<count]).span) }
    }
  }

  @Test("GGUF headers are read or refused")
  func gguf() throws {
    let whole = GGUFBuilder.llama().bytes()
    var generator = SeededGenerator(seed: 2)
    var refused = 0
    for _ in 0..<Self.rounds {
      let bytes = Self.mutated(whole, within: 1_700, using: &generator)
      do {
        let header = try GGUFHeader(bytes.span)
        #expect(header.tensors.allSatisfy { $0.offset + $0.byteCount <= bytes.count })
      } catch {
        refused += 1
        #expect(error.offset <= bytes.count)
      }
    }
    #expect(refused > Self.rounds / 3)
  }

  @Test("whole checkpoints are opened and read or refused")
  func checkpoints() throws {
    let whole = GGUFBuilder.llama().bytes()
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 3)
    var opened = 0
    for _ in 0..<Self.rounds / 3 {
      let path = try folder.write(
        Self.mutated(whole, within: whole.count, using: &generator), to: "x.gguf")
      guard let checkpoint = try? Checkpoint(path: path) else { continue }
      opened += 1
      for tensor in checkpoint.tensors.values {
        #expect(tensor.elementCount <= whole.count)
        _ = try? checkpoint.values(tensor.name.string)
      }
    }
    #expect(opened > 0)
  }

  @Test("configurations are read or refused")
  func configurations() throws {
    let whole = try Golden.bytes("tiny-checkpoints/qwen2/config.json")
    let folder = try TemporaryFolder()
    try folder.write(SafetensorsBytes.file("{}"), to: "model.safetensors")
    var generator = SeededGenerator(seed: 4)
    var opened = 0
    for _ in 0..<Self.rounds / 3 {
      let bytes = Self.mutated(whole, within: whole.count, using: &generator)
      try folder.write(bytes, to: "config.json")
      if (try? Checkpoint(path: folder.path)) != nil { opened += 1 }
    }
    #expect((1..<Self.rounds / 3).contains(opened))
  }

  @Test("adapters are read or refused")
  func adapters() throws {
    let files = ["adapter_config.json", "adapter_model.safetensors"]
    let whole = try files.map { try Golden.bytes("adapters/patterned/\($0)") }
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 6)
    for (changed, limit) in [(0, whole[0].count), (1, 2_400)] {
      var read = 0
      for (name, bytes) in zip(files, whole) { try folder.write(bytes, to: name) }
      for _ in 0..<Self.rounds / 3 {
        let bytes = Self.mutated(whole[changed], within: limit, using: &generator)
        try folder.write(bytes, to: files[changed])
        guard let adapter = try? AdapterFile(path: folder.path).adapter() else { continue }
        read += 1
        for module in adapter.modules {
          #expect(module.down.count == module.rank * module.inputWidth)
          #expect(adapter.scaling(of: module).isFinite)
        }
      }
      #expect((1..<Self.rounds / 3).contains(read), "\(files[changed])")
    }
  }

  @Test("JSON texts that are read are written and read again the same")
  func json() throws {
    let whole = try Golden.bytes("tiny-checkpoints/qwen3/config.json")
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<Self.rounds {
      let bytes = Self.mutated(whole, within: whole.count, using: &generator)
      guard let value = try? JSONValue.parse(bytes) else { continue }
      #expect(try JSONValue.parse(value.text()) == value)
    }
  }
}
