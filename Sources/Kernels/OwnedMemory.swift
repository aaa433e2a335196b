#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Memory of one owner, zeroed and 64-byte aligned.
///
/// Large pieces are mapped, so that they go back to the operating system when they are freed and never
/// count against a memory budget that they are no part of.
@unsafe struct OwnedMemory {
  /// From this size on memory is mapped.
  private static let mappedByteCount = 1 << 18

  let base: UnsafeMutableRawPointer
  private let byteCount: Int

  /// Takes memory.
  init(byteCount: Int) {
    unsafe self.byteCount = max(byteCount, 64)
    guard unsafe self.byteCount >= Self.mappedByteCount else {
      unsafe base = .allocate(byteCount: self.byteCount, alignment: 64)
      unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: self.byteCount)
      return
    }
    let flags = unsafe MAP_PRIVATE | Self.anonymous
    guard
      let memory = unsafe mmap(nil, self.byteCount, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe memory != MAP_FAILED
    else { preconditionFailure("no memory for \(byteCount) bytes") }
    #if !canImport(Darwin)
    // Fewer, larger pages; refused where the system has none, which does no harm.
    unsafe madvise(memory, self.byteCount, MADV_HUGEPAGE)
    #endif
    unsafe base = memory
  }

  /// Gives the memory back.
  func free() {
    if unsafe byteCount >= Self.mappedByteCount {
      unsafe munmap(base, byteCount)
    } else {
      unsafe base.deallocate()
    }
  }

  #if canImport(Darwin)
  private static let anonymous = MAP_ANON
  #else
  private static let anonymous = MAP_ANONYMOUS
  #endif
}
