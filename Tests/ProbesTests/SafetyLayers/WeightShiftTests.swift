import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing

@Suite("Shifts of weights")
struct WeightShiftTests {
  /// Random numbers, `[rows, columns]`.
  static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> DoubleMatrix {
    var generator = TestGenerator(seed)
    return DoubleMatrix(rows: rows, columns: columns) { _, _ in generator.normal() }
  }

  /// A matrix of some rank, its columns spanned by the first of an orthogonal basis.
  static func lowRank(_ basis: [[Double]], columns: Int, seed: UInt64) -> DoubleMatrix {
    let parts = random(columns, basis.count, seed: seed)
    return DoubleMatrix(rows: basis[0].count, columns: columns) { row, column in
      basis.indices.reduce(0) { $0 + basis[$1][row] * parts.row(column)[$1] }
    }
  }

  /// Unit vectors along some axes.
  static func axes(_ range: Range<Int>, of count: Int) -> [[Double]] {
    range.map { axis in (0..<count).map { $0 == axis ? 1 : 0 } }
  }

  /// A space, which cannot be copied into an expectation.
  static func space(_ found: consuming ColumnSpace?) throws -> ColumnSpace {
    guard let space = found else { throw NoSpace() }
    return space
  }

  struct NoSpace: Error {}

  @Test(
    "changes inside the column space have a share of 0 outside, orthogonal ones 1",
    arguments: [20, 6])
  func planted(columns: Int) throws {
    let weights = Self.lowRank(Self.axes(0..<4, of: 12), columns: columns, seed: 1)
    let space = try Self.space(ColumnSpace(weights, share: 1 - 1e-12))
    let rank = space.rank
    #expect(rank == 4)
    let inside = Self.lowRank(Self.axes(0..<4, of: 12), columns: columns, seed: 2)
    let outside = Self.lowRank(Self.axes(4..<12, of: 12), columns: columns, seed: 3)
    let half = Self.lowRank(
      [Self.axes(0..<1, of: 12)[0], Self.axes(9..<10, of: 12)[0]].map { $0 }, columns: columns,
      seed: 4)
    let shares = (space.outside(inside), space.outside(outside), space.outside(half))
    expectClose(try #require(shares.0), 0, within: 1e-9, scale: 1, "inside")
    expectClose(try #require(shares.1), 1, within: 1e-9, "outside")
    let part = try #require(shares.2)
    #expect(part > 0.1 && part < 0.9)
    let nothing = DoubleMatrix(rows: 12, columns: columns)
    let ofNothing = space.outside(nothing)
    #expect(ofNothing == nil)
  }

  @Test("turning the change's sign round changes nothing")
  func signs() throws {
    let space = try Self.space(ColumnSpace(Self.random(30, 10, seed: 5)))
    let change = Self.random(30, 10, seed: 6)
    let turned = DoubleMatrix(rows: 30, columns: 10) { row, column in -change.row(row)[column] }
    let shares = (space.outside(change), space.outside(turned))
    #expect(shares.0 == shares.1)
  }

  @Test("random changes have the share that is expected", arguments: [(60, 20), (20, 60)])
  func null(rows: Int, columns: Int) throws {
    let space = try Self.space(ColumnSpace(Self.random(rows, columns, seed: 7)))
    var sum = 0.0
    for seed in 0..<50 as Range<UInt64> {
      let outside = space.outside(Self.random(rows, columns, seed: 100 + seed))
      sum += try #require(outside)
    }
    // Of 50 means of at least 1200 squares each.
    let expected = space.expectedOutside
    expectClose(sum / 50, expected, within: 0.02, scale: 1)
    // More rows than columns leave most of the room outside whatever the change is.
    if rows > columns { #expect(expected > 1 - Double(columns) / Double(rows)) }
  }

  @Test("places on the axis are 1 at the harmful mean and -1 at the harmless one")
  func axis() {
    let rows = SharedRows(count: 4, width: 3)
    for (row, values) in ([[1, 2, 3], [3, 2, 1], [5, 5, 5], [7, 7, 3]] as [[Float]]).enumerated() {
      rows.set(row, to: values.span)
    }
    let axis = ClusterAxis(rows, labels: [0, 0, 1, 1])
    let means = SharedRows(count: 3, width: 3)
    for (row, values) in ([[2, 2, 2], [6, 6, 4], [4, 4, 3]] as [[Float]]).enumerated() {
      means.set(row, to: values.span)
    }
    for (found, expected) in zip(axis.places(of: means), [-1.0, 1, 0]) {
      expectClose(found, expected, within: Tolerance.rounding, scale: 1)
    }
  }

  @Test("a model beside itself has no shift, and beside a moved one a random change's")
  func models() throws {
    let model = try LandscapeTests.model("llama-tied")
    let decoder = try Decoder(model, threads: 2)
    let prompts = CheckedPrompts(count: 80, seed: 1)
    let parts: [PromptPart] = (0..<80).map { [.train, .train, .dev, .test][$0 / 4 % 4] }
    let checks = try prompts.checks(decoder)
    let same = try checks.weightShift(from: model, to: model, earlier: checks, parts: parts)
    #expect(same.modules.count == 3 * decoder.description.layerCount)
    #expect(same.modules.allSatisfy { $0.outside == nil && $0.relativeNorm == 0 })
    #expect(same.clusters.allSatisfy { $0.before == $0.after })
    #expect(same.readings.allSatisfy { $0.auroc == nil })
  }
}
