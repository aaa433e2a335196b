/// What a user's prompts have in one slot of their template.
struct SlotValues: Sendable {
  /// The values as they are.
  let values: [String]
  /// Those that are lists of options.
  let lists: [OptionList]
  private let isCapitalized: Bool
  private let finalMark: String

  private static let support = 0.9

  init(_ values: [String]) {
    self.values = values
    lists = values.compactMap { OptionList($0) }
    let least = Self.support * Double(values.count)
    let capitals = values.count { $0.first { $0.isLetter }?.isUppercase ?? false }
    isCapitalized = Double(capitals) >= least
    let isUsual = { (mark: String) in Double(values.count { $0.hasSuffix(mark) }) >= least }
    finalMark = ["?", "."].first(where: isUsual) ?? ""
  }

  /// A request with the capital and the final mark that the values have, where it lacks them.
  func fitted(_ request: String) -> String {
    var fitted = request
    if isCapitalized, let first = fitted.first, first.isLowercase {
      fitted = first.uppercased() + fitted.dropFirst()
    }
    if let last = fitted.last, last.isLetter || last.isNumber { fitted += finalMark }
    return fitted
  }
}
