import Activations
import CHDF5
import Foundation
import ModelFiles
import Testing

/// Files that a reader must refuse before it follows anything in them, made with HDF5 itself.
@Suite("Activation store, strangers' files", .serialized)
struct HostileStoreTests {
  /// Adds something to a sound store.
  private func altered(_ path: String, _ change: (hid_t) -> Bool) throws {
    try StoreFixture().store(at: path)
    let file = unsafe H5Fopen(path, 1, 0)
    defer { H5Fclose(file) }
    #expect(file >= 0)
    #expect(change(file))
  }

  private func refusal(_ change: (hid_t) -> Bool) throws -> ActivationStoreError {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      try altered(path, change)
      return try storeError { try ActivationStore(path: path) }
    }
  }

  private func expectForbidden(
    _ object: ByteString, _ reason: ActivationStoreError.Forbidden,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (hid_t) -> Bool
  ) throws {
    let error = try refusal(change)
    guard case .forbidden(_, object, reason) = error else {
      Issue.record("\(error)", sourceLocation: sourceLocation)
      return
    }
    #expect(error.kind == .badInput)
  }

  /// Makes a dataset of single-precision values with some creation properties set.
  private func makeDataset(
    _ file: hid_t, _ name: String, count: hsize_t = 4, type: hid_t = ch5_float32(),
    _ set: (hid_t) -> herr_t = { _ in 0 }
  ) -> Bool {
    let space = unsafe H5Screate_simple(1, [count], nil)
    let creation = H5Pcreate(ch5_dataset_create_class())
    guard set(creation) >= 0 else { return false }
    let dataset = unsafe H5Dcreate2(file, name, type, space, 0, creation, 0)
    defer {
      H5Dclose(dataset)
      H5Pclose(creation)
      H5Sclose(space)
    }
    return dataset >= 0
  }

  @Test("refuses links into other files, links by name and links of unknown kinds")
  func links() throws {
    try expectForbidden("/prompts/elsewhere", .externalLink) { file in
      unsafe H5Lcreate_external("/etc/passwd", "/", file, "/prompts/elsewhere", 0, 0) >= 0
    }
    try expectForbidden("/soft", .softLink) { file in
      unsafe H5Lcreate_soft("/tokens/id", file, "/soft", 0, 0) >= 0
    }
  }

  @Test("refuses values kept in another file")
  func externalStorage() throws {
    try expectForbidden("/activations/stolen", .externalStorage) { file in
      makeDataset(file, "/activations/stolen") { creation in
        unsafe H5Pset_external(creation, "/etc/passwd", 0, 16)
      }
    }
  }

  @Test("refuses values put together from elsewhere, tables from anywhere")
  func virtualStorage() throws {
    func borrowed(_ name: String, from source: String) -> (hid_t) -> Bool {
      { file in
        makeDataset(file, name) { creation in
          let space = unsafe H5Screate_simple(1, [4], nil)
          defer { H5Sclose(space) }
          return unsafe H5Pset_virtual(creation, space, source, "/a", space)
        }
      }
    }
    try expectForbidden(
      "/activations/borrowed", .sourceOutside("/elsewhere.h5"),
      borrowed("/activations/borrowed", from: "/elsewhere.h5"))
    try expectForbidden(
      "/activations/borrowed", .virtualStorage,
      borrowed("/activations/borrowed", from: "here.h5"))
    try expectForbidden(
      "/prompts/borrowed", .virtualStorage, borrowed("/prompts/borrowed", from: "here.h5"))
  }

  @Test("refuses tables in chunks, and filters other than our own")
  func chunks() throws {
    func packed(_ name: String, _ filter: @escaping (hid_t) -> herr_t) -> (hid_t) -> Bool {
      { file in
        makeDataset(file, name) { creation in
          unsafe H5Pset_chunk(creation, 1, [2]) >= 0 ? filter(creation) : -1
        }
      }
    }
    try expectForbidden(
      "/rows/packed", .chunks(filter: 1), packed("/rows/packed") { H5Pset_deflate($0, 1) })
    try expectForbidden(
      "/activations/packed", .chunkShape, packed("/activations/packed") { H5Pset_deflate($0, 1) })
    try expectForbidden(
      "/activations/strange", .filter(32_015),
      packed("/activations/strange") {
        // Optional, so that a file with it can be made where the filter is not known.
        H5Pset_filter($0, 32_015, 1, 0, nil)
      })
  }

  @Test("refuses values that are neither numbers nor text, and named types")
  func types() throws {
    try expectForbidden("/blob", .type) { file in
      let type = H5Tcreate(H5T_OPAQUE, 8)
      defer { H5Tclose(type) }
      return makeDataset(file, "/blob", type: type)
    }
    try expectForbidden("/named", .namedType) { file in
      let type = H5Tcopy(ch5_int32())
      defer { H5Tclose(type) }
      return unsafe H5Tcommit2(file, "/named", type, 0, 0, 0) >= 0
    }
  }

  @Test("refuses more values than the file has bytes")
  func size() throws {
    for count: hsize_t in [1 << 20, 1 << 40] {
      let error = try refusal { file in
        makeDataset(file, "/vast", count: count) { H5Pset_alloc_time($0, H5D_ALLOC_TIME_LATE) }
      }
      guard case .forbidden(_, "/vast", .size) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("refuses groups without end and objects without number")
  func walk() throws {
    let endless = try refusal { file in
      unsafe H5Lcreate_hard(file, "/", file, "/tokens/again", 0, 0) >= 0
    }
    guard case .forbidden(_, _, .depth(limit: 32)) = endless else {
      Issue.record("\(endless)")
      return
    }
    // Each level doubles the paths, so that only the count ends the walk.
    let many = try refusal { file in
      (0..<25).allSatisfy { level in
        let name = String(repeating: "/a", count: level + 1)
        let group = unsafe H5Gcreate2(file, name, 0, 0, 0)
        H5Gclose(group)
        return unsafe group >= 0
          && H5Lcreate_hard(
            file, name, file, String(name.dropLast()) + "b", 0, 0) >= 0
      }
    }
    guard case .forbidden(_, _, .objects(limit: 100_000)) = many else {
      Issue.record("\(many)")
      return
    }
  }

  @Test("refuses a small file whose texts would take a large memory")
  func texts() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      var place: (entries: UInt64, count: Int) = (0, 4096)
      try altered(path) { file in
        let type = ch5_new_string(0)
        let space = unsafe H5Screate_simple(1, [hsize_t(place.count)], nil)
        let dataset = unsafe H5Dcreate2(file, "/prompts/note", type, space, 0, 0, 0)
        defer {
          H5Dclose(dataset)
          H5Sclose(space)
          H5Tclose(type)
        }
        let text = [CChar](repeating: 0x41, count: 1 << 20) + [0]
        let status = unsafe text.withUnsafeBufferPointer { text in
          var texts = unsafe [UnsafePointer<CChar>?](repeating: nil, count: place.count)
          unsafe texts[0] = text.baseAddress
          return unsafe H5Dwrite(dataset, type, 0, 0, 0, texts)
        }
        place.entries = UInt64(H5Dget_offset(dataset))
        return status >= 0
      }
      // Every entry now points at the one long text.
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try handle.seek(toOffset: place.entries)
      let entry = try #require(try handle.read(upToCount: 16))
      try handle.seek(toOffset: place.entries)
      for _ in 0..<place.count { try handle.write(contentsOf: entry) }
      try handle.close()
      let error = try storeError { try ActivationStore(path: path) }
      guard case .malformed(_, "/prompts/note", "an entry without its text", _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("a heap of texts that is damaged anywhere is refused or read, and never read without end")
  func heaps() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let bytes = try StoreFixture(storesText: true).store(at: path)
      let heaps = bytes.indices.filter { bytes[$0...].starts(with: "GCOL\u{1}".utf8) }
      #expect(heaps.count > 2)
      for heap in heaps {
        // The header, and the headers of the first few texts.
        for place in heap..<heap + 160 {
          for mask: UInt8 in [bytes[place], 0x80, 0xFF] where mask > 0 {
            try StoreFixture.flip(path, at: place, mask: mask)
            let check = try? StoreVerification(path: path)
            #expect(check?.isWhole != true, "byte \(place)")
            try StoreFixture.flip(path, at: place, mask: mask)
          }
        }
      }
    }
  }

  @Test("names an unknown format, and both schemas when they differ")
  func format() throws {
    let format = try refusal { file in unsafe H5Adelete(file, "format") >= 0 }
    #expect(
      format.description.hasSuffix(
        "is not an activation store: its format attribute is missing, expected "
          + "\"plumbline-activations\""))
    let schema = try refusal { file in
      let attribute = unsafe H5Aopen(file, "schema", 0)
      defer { H5Aclose(attribute) }
      return unsafe H5Awrite(attribute, ch5_int64(), [7]) >= 0
    }
    #expect(
      schema.description.hasSuffix(
        "has schema 7, this version knows schema 1; use a version that knows it"))
  }

  @Test("refuses tables that contradict each other")
  func tables() throws {
    let rows = StoreFixture().rows.count
    let changes: [(String, (hid_t) -> Bool)] = [
      (
        "/prompts/token_offset",
        { overwrite("/prompts/token_offset", of: $0, [Int64](repeating: 5, count: 201)) }
      ),
      ("/rows/prompt", { overwrite("/rows/prompt", of: $0, [Int32](repeating: 200, count: rows)) }),
      ("/rows/prompt", { overwrite("/rows/prompt", of: $0, [Int32](repeating: -1, count: rows)) }),
      (
        "/commit/first_row",
        { overwrite("/commit/first_row", of: $0, [Int64](repeating: 0, count: 5)) }
      ),
      (
        "/prompts/text_sha256",
        { overwrite("/prompts/text_sha256", of: $0, [UInt8](repeating: 0xFF, count: 200 * 64)) }
      ),
      ("/prompts/status", { unsafe H5Ldelete($0, "/prompts/status", 0) >= 0 }),
      ("identity", { unsafe H5Adelete($0, "identity") >= 0 }),
      (
        "/provenance",
        { file in
          let provenance = unsafe H5Gopen2(file, "/provenance", 0)
          defer { H5Gclose(provenance) }
          return unsafe H5Adelete(provenance, "backend") >= 0
        }
      ),
      (
        "/activations/odd",
        { file in
          makeDataset(file, "/activations/odd") { H5Pset_alloc_time($0, H5D_ALLOC_TIME_EARLY) }
        }
      ),
    ]
    for (object, change) in changes {
      let error = try refusal(change)
      guard case .malformed(_, object, _, _) = error else {
        Issue.record("\(object): \(error)")
        continue
      }
      #expect(error.kind == .badInput)
    }
  }

  @Test("refuses files that are no HDF5, cut short, or no files")
  func strangers() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let whole = try StoreFixture().store(at: path)
      for content in [
        [], Array("<!doctype html>".utf8), Array(whole.dropLast()), Array(whole.prefix(600)),
      ] {
        try Data(content).write(to: URL(fileURLWithPath: path))
        let error = try storeError { try ActivationStore(path: path) }
        guard case .hdf5 = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(error.kind == .badInput)
        #expect(error.description.contains("is damaged or no HDF5 file"))
      }
      #expect(try storeError { try ActivationStore(path: folder) } == .notRegularFile(path: folder))
      let none = try storeError { try ActivationStore(path: folder + "/none.h5") }
      #expect(none == .notFound(path: folder + "/none.h5"))
      #expect(none.kind == .missingInput)
    }
  }

  @Test("neither traps nor reads astray when a table holds anything at all")
  func anyTable() throws {
    let tokenCount = StoreFixture().tokens.ids.count
    let rowCount = StoreFixture().rows.count
    let tables: [(String, Int)] = [
      ("/prompts/token_offset", 8 * 201), ("/tokens/id", 4 * tokenCount),
      ("/tokens/role", tokenCount), ("/rows/prompt", 4 * rowCount),
      ("/rows/position", 4 * rowCount), ("/commit/first_row", 8 * 5), ("/commit/crc32c", 4 * 4),
      ("/prompts/status", 200),
    ]
    var generator = Steps(state: 1)
    for (name, byteCount) in tables {
      try withTemporaryFolder { folder in
        let path = folder + "/a.h5"
        try altered(path) { file in
          let bytes = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
          return overwrite(name, of: file, bytes)
        }
        // Ids, roles and checksums may be anything; everything else is refused.
        guard let store = try? ActivationStore(path: path) else { return }
        #expect(["/tokens/id", "/tokens/role", "/commit/crc32c", "/prompts/status"].contains(name))
        #expect((try? store.status()) == nil || name != "/prompts/status")
        let check = try StoreVerification(path: path)
        #expect(!check.isWhole, "\(name)")
      }
    }
  }
}

/// Numbers that are the same in every run.
private struct Steps: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 33)
  }
}

/// Overwrites a whole dataset with values as they stand in the file.
private func overwrite<Value: BitwiseCopyable>(
  _ name: String, of file: hid_t, _ values: [Value]
) -> Bool {
  let dataset = unsafe H5Dopen2(file, name, 0)
  let type = H5Dget_type(dataset)
  defer {
    H5Tclose(type)
    H5Dclose(dataset)
  }
  return unsafe H5Dwrite(dataset, type, 0, 0, 0, values) >= 0
}
