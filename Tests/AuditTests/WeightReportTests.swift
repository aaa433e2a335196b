import Audit
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

@Suite("Reports on weights")
struct WeightReportTests {
  private let planted: Planted

  init() throws { planted = try Planted() }

  @Test("an adapter's norms are those of its factors, and singular values those of its Gram matrix")
  func adapter() throws {
    let report = try WeightReport(from: planted.plain, to: planted.aligned, threads: 2)
    let applied = try #require(planted.aligned.adapters.first)
    #expect(report.modules == 14 && report.changes.count == 14)
    for module in applied.adapter.modules {
      let change = try #require(report.changes.first { $0.module == module.path })
      #expect(change.rank == 8 && change.scaling == 2)
      #expect(abs(change.norm / applied.adapter.updateNorm(of: module) - 1) < 1e-9)
      let scale = applied.adapter.scaling(of: module)
      let product = module.upMatrix.times(module.downMatrix)
      var gram = DoubleMatrix(rows: product.rows, columns: product.rows)
      product.rowProducts(into: &gram)
      let largest = try #require(gram.diagonalize()?.last)
      #expect(abs(change.topSingularValue / (scale * largest.squareRoot()) - 1) < 1e-5)
      #expect(change.topShare <= 1 + 1e-9 && change.topShare > 1.0 / 8)
    }
  }

  @Test("comparing weights finds what the adapter's factors say, to rounding")
  func merged() throws {
    // The same change from the other side, which has no adapters of its own to tell by.
    let factors = try WeightReport(from: planted.plain, to: planted.aligned, threads: 1)
    let weights = try WeightReport(from: planted.aligned, to: planted.plain, threads: 2)
    #expect(weights.changes.count == 14)
    #expect(weights.changes.map(\.module) == factors.changes.map(\.module))
    #expect(weights.changes.allSatisfy { $0.rank == nil && $0.scaling == nil })
    for (one, other) in zip(factors.changes, weights.changes) {
      #expect(abs(one.norm / other.norm - 1) < 1e-5)
      #expect(abs(one.topSingularValue / other.topSingularValue - 1) < 1e-4)
    }
  }

  @Test("parts and the rest add up to the whole")
  func division() throws {
    let modules = ModuleSet([
      ModuleSet.Member(.queryProjection, layer: 0), ModuleSet.Member(.downProjection, layer: 1),
    ])
    let report = try WeightReport(
      from: planted.plain, to: planted.aligned, layers: LayerRange(first: 1, last: 1),
      moduleSet: ("set", modules), threads: 2)
    for (division, count) in [(report.layers, 7), (report.moduleSet, 2)] {
      let division = try #require(division)
      #expect(division.inside.modules == count && division.outside.modules == 14 - count)
      #expect(abs(division.inside.share + division.outside.share - 1) < 1e-12)
      let squares = [division.inside, division.outside].reduce(0) { $0 + $1.norm * $1.norm }
      #expect(abs(squares.squareRoot() / report.whole.norm - 1) < 1e-12)
    }
    let expected = report.changes.filter { $0.layer == 1 }.reduce(0) { $0 + $1.norm * $1.norm }
    #expect(abs((report.layers?.inside.norm ?? 0) / expected.squareRoot() - 1) < 1e-12)
  }
}
