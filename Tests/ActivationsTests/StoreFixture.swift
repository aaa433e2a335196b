import Activations
import Foundation
import Kernels
import ModelFiles
import Testing

/// A small capture: prompts of uneven length, rows for some of them only, three sites of which one has no
/// layer.
struct StoreFixture: Sendable {
  var promptCount = 200
  var storedType = StoredType.f32
  var storesText = false
  var layers = [0, 5]

  var identity: StoreIdentity {
    StoreIdentity(
      modelDigest: "model", tokenizerDigest: "tokenizer", templateDigest: "template",
      promptsDigest: "prompts", systemText: "Be \"kind\".\n",
      sites: ["resid_post", "attn.z", "embed"],
      positions: ["last", "mean"], layers: layers, precision: .f32, storedType: storedType,
      storesText: storesText)
  }

  static let provenance = StoreProvenance(
    toolVersion: "0.1.0", backend: "oneDNN", backendVersion: "2.6.3", instructionSet: "avx512")

  var datasets: [ActivationDataset] {
    layers.flatMap {
      [
        ActivationDataset(site: "resid_post", layer: $0, width: 24),
        ActivationDataset(site: "attn.z", layer: $0, width: 7),
      ]
    } + [ActivationDataset(site: "embed", layer: nil, width: 24)]
  }

  func tokenCount(ofPrompt prompt: Int) -> Int { 3 + prompt % 5 }

  /// Every ninth prompt has no rows at all, and neither has a whole unit.
  private func hasRows(_ prompt: Int) -> Bool {
    prompt % 9 != 4 && !(64..<128).contains(prompt)
  }

  var tokens: TokenTable {
    let counts = (0..<promptCount).map(tokenCount)
    let offsets = counts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    let total = offsets.last ?? 0
    return TokenTable(
      offsets: offsets, ids: (0..<total).map { Int32($0 * 7 % 49_152) },
      roles: (0..<total).map { UInt8($0 % 6) })
  }

  var rows: RowTable {
    let captured = (0..<promptCount).filter(hasRows)
    return RowTable(
      prompts: captured.flatMap { [Int32($0), Int32($0)] },
      positions: captured.flatMap { [-1, Int32(tokenCount(ofPrompt: $0) - 1)] },
      roles: captured.flatMap { _ in [2, 4] })
  }

  var prompts: PromptTable {
    let indices = 0..<promptCount
    return PromptTable(
      columns: [
        PromptColumn(name: "id", values: indices.map { "prompt-\($0)" }),
        PromptColumn(name: "label", values: indices.map { $0 % 3 == 0 ? "" : "\($0 % 2)" }),
        PromptColumn(name: "status", values: indices.map { _ in "draft" }),
        PromptColumn(name: "källa/ü 100%", values: indices.map { "é\($0) 日本" }),
      ],
      textDigests: indices.map { String(repeating: "0123456789abcdef", count: 4).shifted($0) },
      texts: storesText ? indices.map { "How do I bake bread number \($0)?" } : nil)
  }

  func plan() throws -> StorePlan {
    try StorePlan(
      identity: identity, provenance: Self.provenance, shard: 128..<128 + promptCount,
      prompts: prompts, tokens: tokens, rows: rows, datasets: datasets)
  }

  /// The values of one row: an exactly known mix of signs and sizes.
  func values(of dataset: ActivationDataset, rows: Range<Int>) -> [Float] {
    let seed = dataset.site.utf8.reduce(dataset.layer ?? 77) { $0 &* 31 &+ Int($1) }
    return rows.flatMap { row in
      (0..<dataset.width).map { column in
        let mixed = (seed &+ row &* 7919 &+ column &* 104_729) & 0xFFFF
        return Float(mixed - 32_768) * 0.001_3
      }
    }
  }

  /// What a store of this type gives back for a value.
  func stored(_ value: Float) -> Float {
    switch storedType {
    case .f32: value
    case .f16: Float(Float16(value))
    case .bf16: Self.roundedToBFloat16(value)
    }
  }

  /// The nearest bfloat16 by searching its two neighbours.
  static func roundedToBFloat16(_ value: Float) -> Float {
    let below = value.bitPattern & 0xFFFF_0000
    let candidates = [below, below &+ 0x1_0000].map { Float(bitPattern: $0) }
    let distances = candidates.map { (Double($0) - Double(value)).magnitude }
    if distances[0] == distances[1] { return candidates[below & 0x1_0000 == 0 ? 0 : 1] }
    return candidates[distances[0] < distances[1] ? 0 : 1]
  }

  /// Writes some units in pieces of a few rows.
  func write(_ units: some Sequence<Int>, with writer: ActivationWriter, piece: Int = 11) throws {
    for unit in units {
      for dataset in datasets {
        let rows = writer.plan.units.rows(of: unit)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: piece) {
          let run = first..<min(first + piece, rows.upperBound)
          try writer.write(
            values(of: dataset, rows: run).span, site: dataset.site, layer: dataset.layer,
            firstRow: first)
        }
      }
    }
  }

  /// Writes a whole store and returns its bytes.
  @discardableResult
  func store(at path: String) throws -> [UInt8] {
    let writer = try ActivationWriter(plan(), path: path)
    try write(writer.missingUnits, with: writer)
    try writer.finish(Self.conditions)
    return try Self.bytes(of: path)
  }

  static var conditions: RunManifest.Conditions {
    RunManifest.Conditions(
      started: Date(timeIntervalSince1970: 1_700_000_000), host: "here",
      commandLine: ["plumb", "extract"], threadCount: 2, memoryBudget: 1 << 30,
      sharesPrefixes: true, batchPlan: ["rows": 256])
  }

  static func bytes(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Changes bytes of a file in place.
  static func flip(_ path: String, at offset: Int, mask: UInt8 = 0x10) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: UInt64(offset))
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data([byte ^ mask]))
    try handle.close()
  }
}

extension String {
  fileprivate func shifted(_ count: Int) -> String {
    String(dropFirst(count % 16) + prefix(count % 16))
  }
}

/// A folder that is gone after the test.
func withTemporaryFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path(percentEncoded: false))
}

/// The store error that a body throws.
func storeError<Value>(
  _ body: () throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
) throws -> ActivationStoreError {
  let error = #expect(throws: ActivationStoreError.self, sourceLocation: sourceLocation) {
    _ = try body()
  }
  return try #require(error, sourceLocation: sourceLocation)
}
