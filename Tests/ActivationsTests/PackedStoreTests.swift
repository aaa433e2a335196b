import Activations
import CHDF5
import Foundation
import ModelFiles
import Testing

@Suite("Packed stores")
struct PackedStoreTests {
  /// Packs the fixture's store and returns both.
  private func make(_ fixture: StoreFixture, in folder: String) throws -> (
    plain: ActivationStore, packed: ActivationStore
  ) {
    try fixture.store(at: folder + "/plain.h5")
    try merged([folder + "/plain.h5"], to: folder + "/packed.h5", as: .packed)
    return (
      try ActivationStore(path: folder + "/plain.h5"),
      try ActivationStore(path: folder + "/packed.h5")
    )
  }

  @Test("give back every bit, and merge back into the plain bytes", arguments: StoredType.allCases)
  func bits(type: StoredType) throws {
    try withTemporaryFolder { folder in
      let (plain, packed) = try make(StoreFixture(promptCount: 300, storedType: type), in: folder)
      #expect(packed.form == .packed)
      #expect(packed.prompts == plain.prompts)
      #expect(try StoreVerification(path: packed.path).isWhole)
      for dataset in plain.datasets {
        // All, some across chunks, and one.
        for rows in [0..<plain.rows.count, 60..<131, 77..<78, 5..<5] {
          let expected = try plain.values(site: dataset.site, layer: dataset.layer, rows: rows)
          let found = try packed.values(site: dataset.site, layer: dataset.layer, rows: rows)
          #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
        }
      }
      #expect(
        try merged([packed.path], to: folder + "/again.h5") == StoreFixture.bytes(of: plain.path))
    }
  }

  @Test("rows wider than a chunk may be are packed one by one")
  func wideRows() throws {
    try withTemporaryFolder { folder in
      let dataset = ActivationDataset(site: "logits", layer: nil, width: 300_000)
      let fixture = StoreFixture(promptCount: 3)
      let plan = try StorePlan(
        identity: fixture.identity, provenance: StoreFixture.provenance, shard: 0..<3,
        prompts: fixture.prompts, tokens: fixture.tokens, rows: fixture.rows, datasets: [dataset])
      let writer = try ActivationWriter(plan, path: folder + "/a.h5")
      let values = fixture.values(of: dataset, rows: 0..<6)
      try writer.write(values.span, site: "logits", layer: nil, firstRow: 0)
      try writer.finish(StoreFixture.conditions)
      try merged([folder + "/a.h5"], to: folder + "/packed.h5", as: .packed)
      let packed = try ActivationStore(path: folder + "/packed.h5")
      #expect(try packed.values(site: "logits", layer: nil, rows: 0..<6) == values)
    }
  }

  @Test("are smaller where there is something to pack")
  func size() throws {
    try withTemporaryFolder { folder in
      let plan = try StoreFixture(promptCount: 2000).plan()
      let writer = try ActivationWriter(plan, path: folder + "/plain.h5")
      for dataset in plan.datasets {
        let values = (0..<plan.rows.count * dataset.width).map { Float($0 % 7) }
        try writer.write(values.span, site: dataset.site, layer: dataset.layer, firstRow: 0)
      }
      try writer.finish(StoreFixture.conditions)
      let packed = try merged([folder + "/plain.h5"], to: folder + "/packed.h5", as: .packed)
      let saved = try StoreFixture.bytes(of: folder + "/plain.h5").count - packed.count
      #expect(saved > plan.activationByteCount * 3 / 4)
    }
  }

  @Test("verification finds any changed byte, with and without a manifest")
  func flips() throws {
    try withTemporaryFolder { folder in
      let (_, packed) = try make(StoreFixture(promptCount: 300), in: folder)
      let count = try StoreFixture.bytes(of: packed.path).count
      func isWhole(flipping place: Int) throws -> Bool {
        try StoreFixture.flip(packed.path, at: place)
        defer { try? StoreFixture.flip(packed.path, at: place) }
        return (try? StoreVerification(path: packed.path))?.isWhole ?? false
      }
      for place in stride(from: 3, to: count, by: count / 40) {
        #expect(try !isWhole(flipping: place), "byte \(place)")
      }
      try FileManager.default.removeItem(atPath: folder + "/packed.manifest.json")
      for chunk in try chunks(of: "/activations/resid_post/layer_05", in: packed.path) {
        for place in stride(from: chunk.lowerBound, to: chunk.upperBound, by: 251) {
          #expect(try !isWhole(flipping: place), "byte \(place) of \(chunk)")
        }
      }
      #expect(try StoreVerification(path: packed.path).isWhole)
    }
  }

  /// The bytes of a file that the chunks of a dataset take.
  private func chunks(of name: String, in path: String) throws -> [Range<Int>] {
    let file = unsafe H5Fopen(path, 0, 0)
    let dataset = unsafe H5Dopen2(file, name, 0)
    defer {
      H5Dclose(dataset)
      H5Fclose(file)
    }
    let space = H5Dget_space(dataset)
    defer { H5Sclose(space) }
    var count: hsize_t = 0
    #expect(unsafe H5Dget_num_chunks(dataset, space, &count) >= 0)
    #expect(count > 2)
    return (0..<count).map { chunk in
      var place: haddr_t = 0
      var size: hsize_t = 0
      #expect(unsafe H5Dget_chunk_info(dataset, space, chunk, nil, nil, &place, &size) >= 0)
      return Int(place)..<Int(place) + Int(size)
    }
  }

  @Test("chunks that are no runs of rows are refused, and more values than could be packed")
  func strange() throws {
    try withTemporaryFolder { folder in
      let cases: [([hsize_t], hsize_t, ActivationStoreError.Forbidden)] = [
        ([1, 1 << 28], 1 << 28, .chunkShape), ([8, 8, 8], 24, .chunkShape),
        ([64, 24], 1 << 40, .size(fileSize: 0)),
      ]
      for (index, (chunk, width, reason)) in cases.enumerated() {
        let path = "\(folder)/\(index).h5"
        try StoreFixture().store(at: path)
        try addPacked(path, shape: [1000, width], chunk: chunk)
        let error = try storeError { try ActivationStore(path: path) }
        guard case .forbidden(_, "/activations/odd", let found) = error else {
          Issue.record("\(error)")
          continue
        }
        if case .size = reason, case .size = found { continue }
        #expect(found == reason)
      }
      // Packed as a store's, beside datasets that are not.
      let path = folder + "/mixed.h5"
      try StoreFixture().store(at: path)
      let rows = hsize_t(StoreFixture().rows.count)
      try addPacked(path, shape: [rows, 24], chunk: [64, 24])
      let error = try storeError { try ActivationStore(path: path) }
      guard case .malformed(_, "/activations/odd", "stored in another way", _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  private func addPacked(_ path: String, shape: [hsize_t], chunk: [hsize_t]) throws {
    let file = unsafe H5Fopen(path, 1, 0)
    defer { H5Fclose(file) }
    let shape = chunk.count == 3 ? shape + [64] : shape
    let space = unsafe H5Screate_simple(Int32(shape.count), shape, nil)
    let creation = H5Pcreate(ch5_dataset_create_class())
    defer {
      H5Sclose(space)
      H5Pclose(creation)
    }
    #expect(unsafe H5Pset_chunk(creation, Int32(chunk.count), chunk) >= 0)
    #expect(H5Pset_deflate(creation, 1) >= 0)
    let dataset = unsafe H5Dcreate2(file, "/activations/odd", ch5_float32(), space, 0, creation, 0)
    #expect(dataset >= 0)
    H5Dclose(dataset)
  }
}
