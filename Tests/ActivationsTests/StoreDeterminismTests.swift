import Activations
import Foundation
import Synchronization
import Testing

@Suite("Activation store, same capture same bytes")
struct StoreDeterminismTests {
  @Test(
    "depends neither on the order of units nor on the size of pieces",
    arguments: StoredType.allCases)
  func order(type: StoredType) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storedType: type, storesText: true)
      let expected = try fixture.store(at: folder + "/a.h5")
      for piece in [1, 64, 1000] {
        let writer = try ActivationWriter(fixture.plan(), path: folder + "/\(piece).h5")
        try fixture.write(writer.missingUnits.reversed(), with: writer, piece: piece)
        try writer.finish(StoreFixture.conditions)
        #expect(try StoreFixture.bytes(of: folder + "/\(piece).h5") == expected)
      }
    }
  }

  @Test("does not depend on threads, nor on layers coming one after another")
  func threads() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storedType: .bf16)
      let expected = try fixture.store(at: folder + "/a.h5")
      let writer = try ActivationWriter(fixture.plan(), path: folder + "/b.h5")
      // As an engine does that walks the layers outside: short runs that know nothing of units.
      let runs: [(ActivationDataset, Range<Int>)] = fixture.datasets.flatMap { dataset in
        stride(from: 0, to: fixture.rows.count, by: 17).map { first in
          (dataset, first..<min(first + 17, fixture.rows.count))
        }
      }
      let failures = Mutex<[String]>([])
      DispatchQueue.concurrentPerform(iterations: runs.count) { index in
        let (dataset, rows) = runs[index]
        do {
          try writer.write(
            fixture.values(of: dataset, rows: rows).span, site: dataset.site, layer: dataset.layer,
            firstRow: rows.lowerBound)
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
      #expect(failures.withLock { $0 } == [])
      try writer.finish(StoreFixture.conditions)
      #expect(try StoreFixture.bytes(of: folder + "/b.h5") == expected)
    }
  }

  @Test("does not depend on when the writer was killed", arguments: 0...4)
  func killed(afterUnits count: Int) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storedType: .f16)
      let expected = try fixture.store(at: folder + "/a.h5")
      let path = folder + "/b.h5"
      do {
        let writer = try ActivationWriter(fixture.plan(), path: path)
        let missing = writer.missingUnits
        // The second unit has no rows, so it is whole from the start.
        #expect(missing == [0, 2, 3])
        try fixture.write(missing.prefix(count), with: writer)
        // Half of the next unit, which no checksum covers yet.
        if let next = missing.dropFirst(count).first, let dataset = fixture.datasets.first {
          let rows = writer.plan.units.rows(of: next).prefix(20)
          try writer.write(
            fixture.values(of: dataset, rows: rows).span, site: dataset.site, layer: dataset.layer,
            firstRow: rows.lowerBound)
        }
      }
      #expect(!FileManager.default.fileExists(atPath: path))
      let writer = try ActivationWriter(fixture.plan(), path: path)
      #expect(writer.missingUnits == Array([0, 2, 3].dropFirst(count)))
      try fixture.write(writer.missingUnits, with: writer)
      let manifest = try writer.finish(StoreFixture.conditions)
      #expect(manifest.keptUnitCount == min(count, 3) + 1)
      #expect(try StoreFixture.bytes(of: path) == expected)
    }
  }

  @Test("passes over rows of units that an earlier run wrote")
  func straddling() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let expected = try fixture.store(at: folder + "/a.h5")
      let path = folder + "/b.h5"
      do {
        let writer = try ActivationWriter(fixture.plan(), path: path)
        try fixture.write([2], with: writer)
      }
      let writer = try ActivationWriter(fixture.plan(), path: path)
      for dataset in fixture.datasets {
        let values = fixture.values(of: dataset, rows: 0..<fixture.rows.count)
        try writer.write(values.span, site: dataset.site, layer: dataset.layer, firstRow: 0)
      }
      try writer.finish(StoreFixture.conditions)
      #expect(try StoreFixture.bytes(of: path) == expected)
    }
  }
}

@Suite("Activation store, killed process")
struct KilledWriterTests {
  @Test("leaves no lock and loses no unit that it had finished")
  func killed() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "a.h5").path(percentEncoded: false)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let writer = try ActivationWriter(StoreFixture().plan(), path: path)
      try StoreFixture().write([2], with: writer)
      kill(getpid(), SIGKILL)
    }
    let fixture = StoreFixture()
    let writer = try ActivationWriter(fixture.plan(), path: path)
    #expect(writer.missingUnits == [0, 3])
    try fixture.write(writer.missingUnits, with: writer)
    try writer.finish(StoreFixture.conditions)
    let expected = try withTemporaryFolder { try fixture.store(at: $0 + "/b.h5") }
    #expect(try StoreFixture.bytes(of: path) == expected)
  }
}
