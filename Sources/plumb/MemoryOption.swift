import Activations
import ArgumentParser

/// How much memory a command may take.
struct MemoryOption: ParsableArguments {
  @Option(
    help: "Memory to keep within, such as 4GiB or 800MiB (default: 80 % of what is free).")
  var memoryBudget: String?

  /// The bytes that a process may take, those it has already included.
  ///
  /// - Parameter worker: what a launcher says of the process; those on one machine share what is free.
  /// - Returns: the bytes.
  /// - Throws: an error for a value that is no number of bytes.
  func budget(of worker: LauncherWorker?) throws -> Int {
    guard let memoryBudget else {
      return MemoryReadings.freeByteCount / 5 * 4 / max(1, worker?.localCount ?? 1)
    }
    guard let bytes = Self.bytes(memoryBudget) else {
      throw CommandError.option(
        name: "memory-budget", value: memoryBudget,
        expected: "a number with KiB, MiB, GiB, TiB, KB, MB, GB or TB")
    }
    return bytes
  }

  /// Reads a number of bytes such as `1.5GiB`.
  static func bytes(_ text: String) -> Int? {
    let units: [(name: String, factor: Double)] = [
      ("KIB", 0x1p10), ("MIB", 0x1p20), ("GIB", 0x1p30), ("TIB", 0x1p40), ("KB", 1e3), ("MB", 1e6),
      ("GB", 1e9), ("TB", 1e12),
    ]
    let upper = text.uppercased()
    guard let unit = units.first(where: { upper.hasSuffix($0.name) }) else { return nil }
    let digits = upper.dropLast(unit.name.count)
    guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
      let number = Double(digits), number > 0
    else { return nil }
    return Int(exactly: (number * unit.factor).rounded())
  }
}
