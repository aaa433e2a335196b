/// The runs of 64 prompts whose rows become valid together.
///
/// They are fixed by the prompts alone, whatever the batches were, so that any run can take up where
/// another stopped.
public struct CommitUnits: Sendable, Equatable {
  /// The prompts of every unit but the last.
  public static let promptsPerUnit = 64

  /// The number of prompts.
  let promptCount: Int
  /// The first row of each unit, and the number of rows.
  let firstRows: [Int]

  /// Divides prompts into units.
  ///
  /// - Parameters:
  ///   - promptCount: the number of prompts.
  ///   - rowPrompts: the prompt of each row, in ascending order.
  init(promptCount: Int, rowPrompts: [Int32]) {
    self.promptCount = promptCount
    var firstRows: [Int] = []
    var row = 0
    for unit in 0..<Self.count(promptCount: promptCount) {
      while row < rowPrompts.count, Int(rowPrompts[row]) < unit * Self.promptsPerUnit { row += 1 }
      firstRows.append(row)
    }
    self.firstRows = firstRows + [rowPrompts.count]
  }

  static func count(promptCount: Int) -> Int {
    (promptCount + promptsPerUnit - 1) / promptsPerUnit
  }

  /// The number of units.
  public var count: Int { firstRows.count - 1 }

  /// The prompts of a unit.
  public func prompts(of unit: Int) -> Range<Int> {
    let first = unit * Self.promptsPerUnit
    return first..<min(first + Self.promptsPerUnit, promptCount)
  }

  /// The units of a part of the prompts that starts with a unit.
  ///
  /// - Parameters:
  ///   - part: the part's prompts.
  ///   - whole: the prompts that are divided into units here.
  /// - Returns: the part's units.
  func units(of part: Range<Int>, in whole: Range<Int>) -> Range<Int> {
    Self.count(
      promptCount: part.lowerBound - whole.lowerBound)..<Self.count(
        promptCount: part.upperBound - whole.lowerBound)
  }

  /// The rows of a unit.
  public func rows(of unit: Int) -> Range<Int> {
    firstRows[unit]..<firstRows[unit + 1]
  }

  /// The unit that a row belongs to.
  public func unit(ofRow row: Int) -> Int {
    // The last unit that starts at or before the row; units without rows start where the next does.
    var low = 0
    var high = count
    while low + 1 < high {
      let middle = (low + high) / 2
      if firstRows[middle] <= row { low = middle } else { high = middle }
    }
    return low
  }
}
