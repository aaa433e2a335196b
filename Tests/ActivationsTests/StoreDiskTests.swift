#if canImport(Glibc)
import Activations
import Foundation
import Glibc
import ModelFiles
import Testing

/// Lends a file system of its own, small or read-only, which only a privileged process can have.
private func withDisk<Value>(readOnly: Bool = false, _ body: (String) throws -> Value) throws
  -> Value
{
  try withTemporaryFolder { folder in
    let disk = folder + "/disk"
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    let flags = readOnly ? UInt(MS_RDONLY) : 0
    let status = unsafe "size=256k".withCString { unsafe mount("tmpfs", disk, "tmpfs", flags, $0) }
    guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EPERM) }
    defer { unsafe umount2(disk, Int32(MNT_DETACH)) }
    return try body(disk)
  }
}

private let canMount = (try? withDisk { _ in }) != nil

@Suite(
  "Activation store, disks",
  .enabled(if: canMount, "mounting a small file system needs privileges"))
struct StoreDiskTests {
  @Test(
    "says what is needed and what is free before any row is computed",
    arguments: [300, 600, 2000, 20_000])
  func full(promptCount: Int) throws {
    try withDisk { disk in
      let path = disk + "/a.h5"
      let plan = try StoreFixture(promptCount: promptCount).plan()
      let error = try storeError { try ActivationWriter(plan, path: path) }
      guard case .noSpace(path, let needed, let free) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(needed > plan.activationByteCount)
      #expect((1...256 << 10).contains(free))
      #expect(error.kind == .cannotCreate)
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk) == [])
    }
  }

  @Test("says that a folder cannot be written to")
  func readOnly() throws {
    try withDisk(readOnly: true) { disk in
      let path = disk + "/a.h5"
      let error = try storeError { try ActivationWriter(StoreFixture().plan(), path: path) }
      #expect(error == .cannotCreate(path: path, code: EROFS))
    }
  }

  @Test("refuses a store larger than the process may write, instead of being killed for it")
  func fileSizeLimit() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        var limit = rlimit(rlim_cur: 1 << 16, rlim_max: 1 << 40)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let path = folder + "/a.h5"
        let error = try storeError { try ActivationWriter(StoreFixture().plan(), path: path) }
        guard case .overFileSizeLimit(path, _, 1 << 16) = error else { exit(1) }
      }
    }
  }
}
#endif
