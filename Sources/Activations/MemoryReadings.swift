#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the operating system says about memory.
public enum MemoryReadings {
  /// The bytes that this process may still take without pushing others out: the machine's, or those of the
  /// control group it runs in.
  public static var freeByteCount: Int {
    var free = physicalByteCount
    if let available = value(of: "MemAvailable:", in: "/proc/meminfo") { free = available }
    // Control groups, version 2 and version 1.
    for (limit, usage) in [
      ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
      (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes"
      ),
    ] {
      if let limit = number(in: limit), let usage = number(in: usage) {
        free = min(free, max(0, limit - usage))
      }
    }
    return free
  }

  /// The bytes of memory that this process occupies now.
  public static var residentByteCount: Int {
    value(of: "VmRSS:", in: "/proc/self/status") ?? 64 << 20
  }

  private static var physicalByteCount: Int {
    Int(clamping: ProcessInfo.processInfo.physicalMemory)
  }

  /// A line such as `MemAvailable:   123 kB`, in bytes.
  private static func value(of name: String, in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      let fields = line.split(whereSeparator: \.isWhitespace)
      return fields.count > 1 ? Int(fields[1]).map { $0 << 10 } : nil
    }
    return nil
  }

  private static func number(in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Int(text.split(whereSeparator: \.isWhitespace).first ?? "")
  }
}
