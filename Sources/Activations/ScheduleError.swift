public import ModelFiles

/// A memory budget that no schedule keeps.
public struct ScheduleError: Failure, Equatable {
  /// The bytes allowed.
  public let budget: Int
  /// The fewest bytes that would do.
  public let smallest: Int
  /// What they are for.
  public let parts: [Part]

  /// Something that takes memory.
  public struct Part: Sendable, Equatable {
    /// What it is.
    public let name: String
    /// How many bytes it takes.
    public let byteCount: Int
  }

  public var kind: FailureKind { .usage }

  public var description: String {
    let parts = parts.sorted { $0.byteCount > $1.byteCount }
      .map { "\($0.name) \(ByteCount($0.byteCount))" }
    return
      "A memory budget of \(ByteCount(budget)) is too small for this extraction; the smallest that "
      + "would do is \(ByteCount(smallest, roundingUp: true)): \(parts.joined(separator: ", "))."
  }
}

/// A number of bytes as people write it.
public struct ByteCount: Sendable, CustomStringConvertible {
  private let value: Int
  private let isRoundedUp: Bool

  /// Wraps a number of bytes.
  ///
  /// - Parameters:
  ///   - value: the bytes.
  ///   - roundingUp: whether the text must not say less than the number.
  public init(_ value: Int, roundingUp: Bool = false) {
    self.value = value
    isRoundedUp = roundingUp
  }

  public var description: String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var unit = 0
    var scaled = Double(value)
    while scaled >= 1024, unit + 1 < units.count {
      scaled /= 1024
      unit += 1
    }
    let places: Double = unit == 0 || scaled >= 100 ? 1 : scaled >= 10 ? 10 : 100
    let rounded = (scaled * places).rounded(isRoundedUp ? .up : .toNearestOrAwayFromZero) / places
    let text = rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    return "\(text) \(units[unit])"
  }
}
