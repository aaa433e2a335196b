import ModelFiles
import Tokenization

/// The rows that two stores have in common, checked to be of the same prompts, tokens and positions.
struct StoreAlignment: Sendable {
  /// Rows to compare in runs of neighbours: written in both stores, and every value finite.
  let runs: [Range<Int>]
  /// The prompts that these rows are of.
  let promptCount: Int
  /// Rows written in both stores whose prompt has values that are not finite in one of them.
  let leftOutRowCount: Int
  /// The commit units written in both stores.
  let unitCount: Int
  private let rows: RowTable
  private let promptNames: [String]

  /// Aligns two stores.
  ///
  /// - Throws: `StoreComparisonError` that says where they differ, or that neither is far enough.
  init(_ first: ActivationStore, _ second: ActivationStore) throws {
    promptNames = first.prompts.ids
    rows = first.rows
    try Self.demandSameTexts(first, second, names: promptNames)
    try Self.demandSameTokens(first, second, names: promptNames)
    try Self.demandSameRows(first, second, names: promptNames)

    let written = try [first, second].map { try $0.committedUnits() }
    let units = first.units.indices.filter { written[0][$0] && written[1][$0] }
    unitCount = units.count
    let common = units.flatMap(first.units.rows)
    guard !common.isEmpty || rows.count == 0 else {
      let counts = written.map { "\($0.count { $0 }) of \($0.count)" }
      throw StoreComparisonError.noRowInBoth(
        first: first.finding(counts[0]), second: second.finding(counts[1]))
    }
    let isWhole = zip(try first.status(), try second.status()).map { $0 == .whole && $1 == .whole }
    var runs: [Range<Int>] = []
    var prompts = 0
    var leftOut = 0
    var previous: Int32 = -1
    for row in common {
      let prompt = rows.prompts[row]
      guard isWhole[Int(prompt)] else {
        leftOut += 1
        continue
      }
      if let last = runs.last, last.upperBound == row {
        runs[runs.count - 1] = last.lowerBound..<row + 1
      } else {
        runs.append(row..<row + 1)
      }
      if prompt != previous { prompts += 1 }
      previous = prompt
    }
    self.runs = runs
    promptCount = prompts
    leftOutRowCount = leftOut
  }

  /// The rows to compare.
  var rowCount: Int { runs.reduce(0) { $0 + $1.count } }

  /// The id of a row's prompt and the row's position in it, -1 for one pooled over positions.
  func place(ofRow row: Int) -> (prompt: String, position: Int) {
    (promptNames[Int(rows.prompts[row])], Int(rows.positions[row]))
  }

  private static func demandSameTexts(
    _ first: ActivationStore, _ second: ActivationStore, names: [String]
  ) throws(StoreComparisonError) {
    guard first.prompts.count == second.prompts.count else {
      throw difference(.promptCount, first, second) { "\($0.prompts.count)" }
    }
    let digests = (first.prompts.textDigests, second.prompts.textDigests)
    guard let prompt = names.indices.first(where: { digests.0[$0] != digests.1[$0] }) else {
      return
    }
    throw difference(.text(prompt: names[prompt]), first, second) {
      "of sha256 \($0.prompts.textDigests[prompt].prefix(12))…"
    }
  }

  private static func demandSameTokens(
    _ first: ActivationStore, _ second: ActivationStore, names: [String]
  ) throws(StoreComparisonError) {
    let (left, right) = (first.tokens, second.tokens)
    guard left != right else { return }
    for (prompt, name) in names.enumerated() {
      let range = left.offsets[prompt]..<left.offsets[prompt + 1]
      // The prompts before had as many tokens in both.
      guard range.upperBound == right.offsets[prompt + 1] else {
        throw difference(.tokenCount(prompt: name), first, second) {
          "\($0.tokens.offsets[prompt + 1] - range.lowerBound)"
        }
      }
      for token in range
      where (left.ids[token], left.roles[token]) != (right.ids[token], right.roles[token]) {
        throw difference(.token(token - range.lowerBound, prompt: name), first, second) {
          "\($0.tokens.ids[token]) (\(words(role: $0.tokens.roles[token])))"
        }
      }
    }
  }

  private static func demandSameRows(
    _ first: ActivationStore, _ second: ActivationStore, names: [String]
  ) throws(StoreComparisonError) {
    let (left, right) = (first.rows, second.rows)
    guard left.count == right.count else {
      throw difference(.rowCount, first, second) { "\($0.rows.count)" }
    }
    guard left != right else { return }
    for row in 0..<left.count
    where (left.prompts[row], left.positions[row], left.roles[row])
      != (right.prompts[row], right.positions[row], right.roles[row])
    {
      throw difference(.row(row), first, second) { store in
        let position = store.rows.positions[row]
        return (position < 0 ? "the mean" : "position \(position)")
          + " (\(words(role: store.rows.roles[row]))) of prompt "
          + names[Int(store.rows.prompts[row])]
      }
    }
  }

  private static func difference(
    _ place: StoreComparisonError.Place, _ first: ActivationStore, _ second: ActivationStore,
    _ value: (ActivationStore) -> String
  ) -> StoreComparisonError {
    .differ(place, first: first.finding(value(first)), second: second.finding(value(second)))
  }

  private static func words(role: UInt8) -> String {
    PositionRole(rawValue: role).map { "\($0)" } ?? "role \(role)"
  }
}

extension ActivationStore {
  /// Notes what was found in this store.
  func finding(_ value: String) -> StoreComparisonError.Finding {
    StoreComparisonError.Finding(path: path, value: value)
  }
}

extension PromptTable {
  /// The prompts' names: the column `id`, or their indices where there is none.
  fileprivate var ids: [String] {
    columns.first { $0.name == "id" }?.values ?? indices.map { "\($0)" }
  }
}

extension CommitUnits {
  fileprivate var indices: Range<Int> { 0..<count }
}
