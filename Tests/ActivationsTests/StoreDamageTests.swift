import Activations
import Foundation
import Testing

@Suite("Activation store, damage")
struct StoreDamageTests {
  @Test("redoes a unit of which a byte changed, and leaves the others")
  func tornUnit() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let expected = try fixture.store(at: folder + "/a.h5")
      let path = folder + "/b.h5"
      do {
        let writer = try ActivationWriter(fixture.plan(), path: path)
        try fixture.write(writer.missingUnits, with: writer)
      }
      let layout = try ActivationStore(path: path + ".part").layout
      let rows = try fixture.plan().units.rows(of: 2)
      try StoreFixture.flip(
        path + ".part", at: layout.bytes(of: rows, in: 3).upperBound - 1, mask: 1)
      let writer = try ActivationWriter(fixture.plan(), path: path)
      #expect(writer.missingUnits == [2])
      // Until it is redone, nobody takes it for whole.
      let store = try ActivationStore(path: path + ".part")
      #expect(try store.committedUnits() == [true, true, false, true])
      try fixture.write([2], with: writer)
      try writer.finish(StoreFixture.conditions)
      #expect(try StoreFixture.bytes(of: path) == expected)
    }
  }

  @Test(
    "finds a single changed byte anywhere in the values and the status",
    arguments: StoredType.allCases)
  func flippedByte(type: StoredType) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(promptCount: 130, storedType: type)
      let path = folder + "/a.h5"
      try fixture.store(at: path)
      try FileManager.default.removeItem(atPath: folder + "/a.manifest.json")
      let store = try ActivationStore(path: path)
      for unit in [0, 2] {
        let rows = store.units.rows(of: unit)
        var places = store.datasets.indices.flatMap { dataset in
          let bytes = store.layout.bytes(of: rows, in: dataset)
          return stride(from: bytes.lowerBound, to: bytes.upperBound, by: bytes.count / 3)
        }
        places += [store.layout.statusBytes(of: unit).upperBound - 1]
        places += [store.layout.checksumOffset(of: unit) + 1]
        for place in places {
          try StoreFixture.flip(path, at: place)
          let check = try StoreVerification(path: path)
          #expect(check.damagedUnits == [unit], "byte \(place)")
          #expect(check.damagedPrompts == [store.units.prompts(of: unit)])
          #expect(!check.isWhole)
          try StoreFixture.flip(path, at: place)
        }
      }
      #expect(try StoreVerification(path: path).isWhole)
    }
  }

  @Test("finds a changed token by the manifest's digest")
  func flippedToken() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let bytes = try StoreFixture().store(at: path)
      let ids = StoreFixture().tokens.ids.prefix(16).flatMap { id in
        (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
      }
      let offset = try #require(
        bytes.indices.first { bytes[$0] == ids[0] && bytes[$0...].starts(with: ids) })
      try StoreFixture.flip(path, at: offset)
      let check = try StoreVerification(path: path)
      #expect(check.damagedUnits == [])
      #expect(check.fileDigest != check.recordedDigest)
      #expect(!check.isWhole)
    }
  }

  @Test("does not finish a store whose bytes changed under it")
  func changedBeforeFinish() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let path = folder + "/a.h5"
      let writer = try ActivationWriter(fixture.plan(), path: path)
      try fixture.write(writer.missingUnits, with: writer)
      let layout = try ActivationStore(path: path + ".part").layout
      try StoreFixture.flip(path + ".part", at: layout.offsets[1])
      let error = try storeError { try writer.finish(StoreFixture.conditions) }
      #expect(error == .damagedUnits(path: path + ".part", units: [0]))
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test(
    "does not give the final name to what took the unfinished file's", arguments: [true, false])
  func lostName(isReplaced: Bool) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let path = folder + "/a.h5"
      let writer = try ActivationWriter(fixture.plan(), path: path)
      try fixture.write(writer.missingUnits, with: writer)
      try FileManager.default.removeItem(atPath: path + ".part")
      let second = isReplaced ? try ActivationWriter(fixture.plan(), path: path) : nil
      let error = try storeError { try writer.finish(StoreFixture.conditions) }
      #expect(error == .vanished(path: path + ".part"))
      #expect(!FileManager.default.fileExists(atPath: path))
      if let second {
        try fixture.write(second.missingUnits, with: second)
        try second.finish(StoreFixture.conditions)
      }
    }
  }

  @Test("tells how far an unfinished store is and gives no row that is not written")
  func unfinished() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let path = folder + "/a.h5"
      let writer = try ActivationWriter(fixture.plan(), path: path)
      try fixture.write([3], with: writer)
      let store = try ActivationStore(path: path + ".part")
      #expect(try store.committedUnits() == [false, true, false, true])
      let rows = store.units.rows(of: 3)
      let embed = try #require(fixture.datasets.last)
      #expect(
        try store.values(site: "embed", layer: nil, rows: rows)
          == fixture.values(of: embed, rows: rows))
      let error = try storeError {
        try store.values(site: "embed", layer: nil, rows: rows.lowerBound - 1..<rows.upperBound)
      }
      #expect(error == .notCommitted(path: path + ".part", unit: 2, whole: 2, units: 4))
      let check = try StoreVerification(path: path + ".part")
      #expect(check.missingUnits == [0, 2])
      #expect(check.damagedUnits == [])
    }
  }

  @Test("counts a unit as durable after a barrier only")
  func barrier() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let writer = try ActivationWriter(fixture.plan(), path: folder + "/a.h5")
      try fixture.write([0], with: writer)
      #expect(writer.progress.unitCount == 4)
      #expect(writer.progress.wholeUnitCount == 2)
      #expect(writer.progress.durableUnitCount == 0)
      try writer.synchronize()
      #expect(writer.progress.durableUnitCount == 2)
    }
  }
}
