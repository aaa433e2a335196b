import Inference
import Kernels

/// Takes the planned rows of some prompts out of a layer-major pass and sends them to the store.
///
/// The rows of a stage are gathered in the plan's order while its tiles run, and leave when it is over.
final class BatchCapture: PassObserver, @unchecked Sendable {
  // Sendable: what is staged changes between stages only, when no tile is under way.

  private let layout: PrefixLayout
  private let firstRow: Int
  private let rowCount: Int
  private let sites: [PassStage: [HookSite]]
  private let widths: [HookSite: Int]
  private let queue: WriteQueue
  private let threads: Int
  private let onStage: @Sendable () -> Bool

  /// For each row of the layout, where its planned rows start in `planned`.
  private let offsets: [Int]
  /// Planned rows, counted from the batch's first, by row of the layout.
  private let planned: [Int]
  /// Planned rows that are means, and the sequences they are means of.
  private let pooled: [(row: Int, sequence: Int)]

  /// Rows of the stage under way, in the plan's order.
  fileprivate private(set) var staged: [HookSite: SharedRows] = [:]
  /// All rows of the layout at the stage under way, where means are wanted.
  fileprivate private(set) var retained: [HookSite: SharedRows] = [:]

  /// Prepares to take rows.
  ///
  /// - Parameters:
  ///   - prompts: the prompts of the layout's sequences.
  ///   - layout: where their positions are.
  ///   - plan: what goes where.
  ///   - rows: the planned rows of the prompts.
  ///   - queue: takes finished rows.
  ///   - threads: how many means are computed at a time.
  ///   - onStage: called after each stage; false ends the pass.
  init(
    prompts: Range<Int>, layout: PrefixLayout, plan: StorePlan, rows: Range<Int>,
    queue: WriteQueue, threads: Int, onStage: @escaping @Sendable () -> Bool
  ) {
    self.layout = layout
    self.queue = queue
    self.threads = threads
    self.onStage = onStage
    firstRow = rows.lowerBound
    rowCount = rows.count
    let datasets = plan.datasets
    widths = Dictionary(uniqueKeysWithValues: datasets.map { ($0.hookSite, $0.width) })
    sites = Dictionary(grouping: datasets.map(\.hookSite), by: \.stage)

    var pooled: [(row: Int, sequence: Int)] = []
    var places: [(layoutRow: Int, planned: Int)] = []
    for row in rows {
      let sequence = Int(plan.rows.prompts[row]) - prompts.lowerBound
      let position = Int(plan.rows.positions[row])
      if position < 0 {
        pooled.append((row - rows.lowerBound, sequence))
      } else {
        places.append(
          (layout.row(ofSequence: sequence, position: position), row - rows.lowerBound))
      }
    }
    places.sort { $0 < $1 }
    var offsets = [Int](repeating: 0, count: layout.rowCount + 1)
    for place in places { offsets[place.layoutRow + 1] += 1 }
    for row in 0..<layout.rowCount { offsets[row + 1] += offsets[row] }
    self.offsets = offsets
    self.pooled = pooled
    planned = places.map(\.planned)
  }

  /// The rows of the layout that are planned or part of a mean, ascending.
  var wantedRows: [Int] {
    pooled.isEmpty
      ? (0..<layout.rowCount).filter { offsets[$0] < offsets[$0 + 1] }
      : Array(0..<layout.rowCount)
  }

  func hooks(rows: [Int]) -> [any ActivationHook] {
    [TileCapture(self, rows: rows, sites: Array(widths.keys))]
  }

  func begin(_ stage: PassStage) {
    for site in sites[stage] ?? [] {
      let width = widths[site] ?? 0
      staged[site] = SharedRows(count: rowCount, width: width)
      if !pooled.isEmpty { retained[site] = SharedRows(count: layout.rowCount, width: width) }
    }
  }

  func end(_ stage: PassStage) throws -> Bool {
    for site in sites[stage] ?? [] {
      guard let rows = staged.removeValue(forKey: site) else { continue }
      if let all = retained.removeValue(forKey: site) { fillMeans(of: all, into: rows) }
      try queue.put(rows, site: site.kind.rawValue, layer: site.layer, firstRow: firstRow)
    }
    return onStage()
  }

  /// The planned rows that a row of the layout is copied to.
  fileprivate func plannedRows(ofLayoutRow row: Int) -> ArraySlice<Int> {
    planned[offsets[row]..<offsets[row + 1]]
  }

  /// Means over sequences, summed in double precision from the first position to the last.
  private func fillMeans(of all: SharedRows, into rows: SharedRows) {
    parallelFor(count: pooled.count, threads: threads) { index in
      let (row, sequence) = pooled[index]
      var sums = [Double](repeating: 0, count: all.width)
      var count = 0
      for run in layout.rows(ofSequence: sequence) {
        for layoutRow in run {
          let values = all[rows: layoutRow..<layoutRow + 1]
          for column in sums.indices { sums[column] += Double(values[column]) }
        }
        count += run.count
      }
      rows.set(row, to: sums.map { Float($0 / Double(count)) }.span)
    }
  }
}

/// Copies one tile's rows to where they are gathered.
private final class TileCapture: ActivationHook {
  let sites: [HookSite]
  private let batch: BatchCapture
  private let rows: [Int]

  init(_ batch: BatchCapture, rows: [Int], sites: [HookSite]) {
    self.batch = batch
    self.rows = rows
    self.sites = sites
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch _: TokenBatch) {
    guard let staged = batch.staged[site] else { return }
    let retained = batch.retained[site]
    for (row, layoutRow) in rows.enumerated() {
      let planned = batch.plannedRows(ofLayoutRow: layoutRow)
      if planned.isEmpty && retained == nil { continue }
      let values = activation.values.span.extracting(
        row * activation.width..<(row + 1) * activation.width)
      for target in planned { staged.set(target, to: values) }
      retained?.set(layoutRow, to: values)
    }
  }
}

extension ActivationDataset {
  /// The site in the model.
  var hookSite: HookSite {
    guard let kind = SiteKind(rawValue: site) else {
      preconditionFailure("\(name) is planned and no site")
    }
    return HookSite(kind, layer: layer)
  }
}

extension HookSite {
  /// The stage of a pass in which the site fires.
  var stage: PassStage {
    if let layer { return .layer(layer) }
    return kind == .embed ? .embedding : .head
  }
}
