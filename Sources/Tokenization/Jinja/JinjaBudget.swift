/// How much work one rendering may do; a template comes from a stranger's file.
final class JinjaBudget {
  /// Expressions evaluated, statements run and elements gone through, plus one for every 64 scalars
  /// of text that an operation makes.
  static let steps = 500_000
  /// Length of any text and of the output, in Unicode scalars, so that no output exceeds 16 MiB.
  static let longestText = 4 << 20
  /// Expressions, statements and macro calls that may be open at a time; optimised code uses less than
  /// 768 KiB of stack for so many.
  static let deepestCalls = 200

  private var stepsLeft = steps
  private var depth = 0

  func spend(_ count: Int = 1) throws(JinjaError) {
    stepsLeft -= count
    guard stepsLeft >= 0 else {
      throw .limit("the template takes more than \(Self.steps) steps")
    }
  }

  func spend(makingText count: Int) throws(JinjaError) {
    try Self.check(length: count)
    try spend(count / 64)
  }

  /// A search compares every place of the text with the start of what is looked for, and at worst
  /// with all of it.
  func spendSearching(_ count: Int, for length: Int) throws(JinjaError) {
    try spend(count / 64 * (1 + length / 16))
  }

  static func check(length: Int) throws(JinjaError) {
    guard length <= longestText else {
      throw .limit("a text has more than \(longestText) characters")
    }
  }

  func enter() throws(JinjaError) {
    guard depth < Self.deepestCalls else {
      throw .limit("more than \(Self.deepestCalls) calls and expressions are open at a time")
    }
    depth += 1
  }

  func leave() { depth -= 1 }
}
