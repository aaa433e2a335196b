import Activations
import CHDF5
import Foundation
import ModelFiles
import Testing

@Suite("Virtual stores")
struct VirtualStoreTests {
  private let fixture = StoreFixture(promptCount: 300, storedType: .bf16)

  /// Makes a virtual store of shards in a folder beside it.
  private func make(in folder: String) throws -> (path: String, shards: [String]) {
    try FileManager.default.createDirectory(
      atPath: folder + "/tree/shards", withIntermediateDirectories: true)
    let shards = try fixture.stores(3, in: folder + "/tree/shards")
    try merged(shards, to: folder + "/tree/all.h5", as: .virtual)
    return (folder + "/tree/all.h5", shards)
  }

  /// The sentence with which a store is refused.
  private func refusal(of path: String) throws -> (sentence: String, kind: FailureKind) {
    let error = try storeError { try ActivationStore(path: path) }
    return (error.description, error.kind)
  }

  @Test("gives back what the plain store does, wherever the folder is moved")
  func moved() throws {
    try withTemporaryFolder { folder in
      _ = try make(in: folder)
      try fixture.store(at: folder + "/plain.h5")
      try FileManager.default.moveItem(atPath: folder + "/tree", toPath: folder + "/moved")
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link.h5", withDestinationPath: folder + "/moved/all.h5")
      let plain = try ActivationStore(path: folder + "/plain.h5")
      for path in [folder + "/moved/all.h5", folder + "/link.h5"] {
        let store = try ActivationStore(path: path)
        #expect(store.form == .virtual)
        #expect(store.shard == plain.shard)
        #expect(store.prompts == plain.prompts)
        #expect(store.tokens == plain.tokens)
        #expect(store.rows == plain.rows)
        #expect(try store.status() == plain.status())
        for dataset in plain.datasets {
          let rows = 3..<plain.rows.count - 2
          #expect(
            try store.values(site: dataset.site, layer: dataset.layer, rows: rows)
              == plain.values(site: dataset.site, layer: dataset.layer, rows: rows))
        }
        #expect(try StoreVerification(path: path).isWhole)
      }
    }
  }

  @Test("takes rows from packed stores too")
  func ofPacked() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(2, in: folder)
      let expected = try fixture.store(at: folder + "/whole.h5")
      try merged([paths[1]], to: folder + "/packed.h5", as: .packed)
      try merged([folder + "/packed.h5", paths[0]], to: folder + "/all.h5", as: .virtual)
      #expect(try merged([folder + "/all.h5"], to: folder + "/plain.h5") == expected)
    }
  }

  @Test("is refused without its sources, and never gives a value for them")
  func alone() throws {
    try withTemporaryFolder { folder in
      let (path, shards) = try make(in: folder)
      try FileManager.default.moveItem(atPath: path, toPath: folder + "/alone.h5")
      let alone = try refusal(of: folder + "/alone.h5")
      #expect(
        alone.sentence == "\(folder)/alone.h5 takes rows from shards/shard-0-of-3.h5 beside it, "
          + "which is not there; move a virtual store together with its sources")
      #expect(alone.kind == .missingInput)
      try FileManager.default.moveItem(atPath: folder + "/alone.h5", toPath: path)
      try FileManager.default.removeItem(atPath: shards[1])
      let missing = try refusal(of: path)
      #expect(missing.sentence.contains("shards/shard-1-of-3.h5 beside it, which is not there"))
    }
  }

  @Test("is refused when a source is cut, is another store, or has other bytes")
  func changed() throws {
    try withTemporaryFolder { folder in
      let (path, shards) = try make(in: folder)
      let bytes = try StoreFixture.bytes(of: shards[1])
      try Data(bytes.dropLast()).write(to: URL(fileURLWithPath: shards[1]))
      let cut = try refusal(of: path)
      #expect(
        cut.sentence.hasSuffix(
          "which has \(bytes.count - 1) bytes, expected \(bytes.count); copy it again or merge anew"
        ))
      // Of the same size, identity and shard, with other values.
      try FileManager.default.removeItem(atPath: shards[1])
      let plan = try fixture.plan(of: 64..<192)
      let writer = try ActivationWriter(plan, path: shards[1])
      for dataset in plan.datasets {
        try writer.write(
          [Float](repeating: 1, count: plan.rows.count * dataset.width).span, site: dataset.site,
          layer: dataset.layer, firstRow: 0)
      }
      try writer.finish(StoreFixture.conditions)
      #expect(try StoreFixture.bytes(of: shards[1]).count == bytes.count)
      let other = try refusal(of: path)
      #expect(
        other.sentence.hasSuffix("which is another store than when they were merged; merge anew"))
      #expect(cut.kind == .badInput && other.kind == .badInput)
      try Data(bytes).write(to: URL(fileURLWithPath: shards[1]))
      #expect(try StoreVerification(path: path).isWhole)
    }
  }

  @Test("verification finds any changed byte, of its own or of its sources")
  func flips() throws {
    try withTemporaryFolder { folder in
      let (path, shards) = try make(in: folder)
      for file in shards + [path] {
        try FileManager.default.removeItem(atPath: file.dropLast(3) + ".manifest.json")
        guard file != path else { continue }
        let count = try StoreFixture.bytes(of: file).count
        for place in stride(from: 7, to: count, by: count / 25) {
          try StoreFixture.flip(file, at: place)
          let isWhole = (try? StoreVerification(path: path))?.isWhole ?? false
          #expect(!isWhole, "byte \(place) of \(file)")
          try StoreFixture.flip(file, at: place)
        }
      }
      #expect(try StoreVerification(path: path).isWhole)
    }
  }

  @Test(
    "names that lead elsewhere are refused before anything is opened",
    arguments: ["/etc/passwd", "../a.h5", "shards/../../a.h5", ".", "", "a%%b.h5", "shards//a.h5"])
  func names(name: String) throws {
    try withTemporaryFolder { folder in
      let (path, _) = try make(in: folder)
      try relink(path, to: name)
      let error = try storeError { try ActivationStore(path: path) }
      guard case .forbidden(_, "/activations/embed", .sourceOutside(let found)) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(found == ByteString(name))
      #expect(error.kind == .badInput)
    }
  }

  @Test("a source that a link leads out of the folder is refused")
  func link() throws {
    try withTemporaryFolder { folder in
      let (path, shards) = try make(in: folder)
      try FileManager.default.moveItem(atPath: shards[2], toPath: folder + "/elsewhere.h5")
      try FileManager.default.createSymbolicLink(
        atPath: shards[2], withDestinationPath: folder + "/elsewhere.h5")
      let found = try refusal(of: path)
      #expect(
        found.sentence.hasSuffix(
          "is put together from shards/shard-2-of-3.h5, which is no file below this one's folder"))
    }
  }

  @Test("any other way of putting a dataset together is refused")
  func strange() throws {
    try withTemporaryFolder { folder in
      let (path, _) = try make(in: folder)
      try relink(path, to: "shards/shard-0-of-3.h5")
      let error = try storeError { try ActivationStore(path: path) }
      guard case .malformed(_, "/activations/embed", _, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  /// Puts one dataset together from the first rows of another file.
  private func relink(_ path: String, to name: String) throws {
    let file = unsafe H5Fopen(path, 1, 0)
    defer { H5Fclose(file) }
    let rows = hsize_t(fixture.rows.count)
    let type = ch5_new_half(8, 7, 127)
    let space = unsafe H5Screate_simple(2, [rows, 24], nil)
    #expect(unsafe H5Sselect_hyperslab(space, H5S_SELECT_SET, [0, 0], nil, [rows, 24], nil) >= 0)
    let creation = H5Pcreate(ch5_dataset_create_class())
    defer {
      H5Tclose(type)
      H5Sclose(space)
      H5Pclose(creation)
    }
    let dataset = "/activations/embed"
    #expect(unsafe H5Ldelete(file, dataset, 0) >= 0)
    #expect(unsafe H5Pset_virtual(creation, space, name, dataset, space) >= 0)
    let made = unsafe H5Dcreate2(file, dataset, type, space, 0, creation, 0)
    #expect(made >= 0)
    H5Dclose(made)
  }
}
