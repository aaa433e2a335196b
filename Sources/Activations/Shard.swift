/// One of the parts that a capture is divided into, so that many processes can share it.
///
/// A shard is a run of whole commit units. Which units it has depends on the prompts' tokens and the number
/// of shards alone, so that any process can tell its own without asking another.
public struct Shard: Sendable, Hashable {
  /// The most parts a capture may have.
  public static let maximumCount = 1_000_000

  /// Which part it is, counted from 0.
  public let index: Int
  /// The number of parts.
  public let count: Int

  /// Names a part.
  public init(_ index: Int, of count: Int) {
    precondition(
      (1...Self.maximumCount).contains(count) && (0..<count).contains(index),
      "shard \(index) of \(count)")
    self.index = index
    self.count = count
  }

  /// Whether the shard has no prompts because there are fewer commit units than shards.
  public func isEmpty(ofPrompts promptCount: Int) -> Bool {
    index >= CommitUnits.count(promptCount: promptCount)
  }

  /// The prompts of the shard.
  ///
  /// The largest shard has as few tokens as whole units allow. Where there are fewer units than shards,
  /// each unit is a shard and the last shards are empty.
  ///
  /// - Parameter tokenCounts: the tokens of every prompt of the whole.
  /// - Returns: a range that starts at a multiple of a unit's prompts, unless it is empty.
  public func prompts(tokenCounts: [Int]) -> Range<Int> {
    let units = stride(from: 0, to: tokenCounts.count, by: CommitUnits.promptsPerUnit).map {
      tokenCounts[$0...].prefix(CommitUnits.promptsPerUnit).reduce(0, +)
    }
    // The smallest limit under which no more shards are needed than there are.
    var low = units.max() ?? 0
    var high = units.reduce(0, +)
    while low < high {
      let middle = (low + high) / 2
      if Self.starts(of: units, limit: middle, atLeast: 1).count <= count {
        high = middle
      } else {
        low = middle + 1
      }
    }
    let starts = Self.starts(of: units, limit: low, atLeast: min(count, units.count))
    let prompts = (starts + [units.count]).map {
      min($0 * CommitUnits.promptsPerUnit, tokenCounts.count)
    }
    return index < starts.count
      ? prompts[index]..<prompts[index + 1] : tokenCounts.count..<tokenCounts.count
  }

  /// The first unit of each shard when shards are filled one after another up to a limit, no fuller than
  /// leaves a unit for each of the least number of shards.
  private static func starts(of units: [Int], limit: Int, atLeast least: Int) -> [Int] {
    var starts: [Int] = []
    var tokens = 0
    for (unit, count) in units.enumerated() {
      let isScarce = units.count - unit <= least - starts.count
      if starts.isEmpty || tokens + count > limit || isScarce {
        starts.append(unit)
        tokens = 0
      }
      tokens += count
    }
    return starts
  }
}

extension Shard: CustomStringConvertible {
  /// Such as `2/4`.
  public var description: String { "\(index)/\(count)" }

  /// The name of the shard's file: `acts-00002-of-00004.h5` for `acts.h5`.
  public func path(of whole: String) -> String {
    let (stem, ending) = Self.parts(of: whole)
    let width = max(5, "\(count)".count)
    let numbers = [index, count].map { number in
      String(repeating: "0", count: width - "\(number)".count) + "\(number)"
    }
    return "\(stem)-\(numbers[0])-of-\(numbers[1])\(ending)"
  }

  /// The number of shards that a file is one of, going by its name.
  ///
  /// - Parameters:
  ///   - path: a file, finished or not.
  ///   - whole: the file that the shards make up.
  /// - Returns: nil for any other file.
  public static func count(ofFile path: String, whole: String) -> Int? {
    let (stem, ending) = parts(of: whole)
    guard path.hasPrefix(stem),
      let match = path.dropFirst(stem.count).wholeMatch(of: /-[0-9]{5,7}-of-([0-9]{5,7})(.*)/),
      match.2 == ending || match.2 == ending + ".part"
    else { return nil }
    return Int(match.1)
  }

  private static func parts(of whole: String) -> (stem: String, ending: String) {
    whole.hasSuffix(".h5") ? (String(whole.dropLast(3)), ".h5") : (whole, "")
  }
}
