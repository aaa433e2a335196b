import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing

@Suite("Disturbed modules")
struct ModuleDisturbanceTests {
  private static let member = ModuleSet.Member(.upProjection, layer: 1)

  /// What products with a disturbed matrix read of it: its columns, from unit rows.
  private func matrix(
    _ member: ModuleSet.Member, _ disturbance: ModuleDisturbance, seed: UInt64 = 7,
    tuned: (any WeightSource)? = nil
  ) throws -> (values: [Float], module: DisturbedModule) {
    let weights = CarryingWeights(seed: 1)
    let module = try DisturbedModules(weights, tuned: tuned).module(
      member, disturbance, WeightDirection(seed: seed), for: weights.decoder())
    let shape = weights.shape(of: member.weightName)
    var units = FloatMatrix(rows: shape[1], width: shape[1])
    var rows = units.mutableRows(0..<shape[1])
    for index in 0..<shape[1] { rows[index * shape[1] + index] = 1 }
    var columns = FloatMatrix(rows: shape[1], width: shape[0])
    var scratch = ProductScratch()
    module.packed.multiply(units, rows: 0..<shape[1], into: &columns, scratch: &scratch)
    let found = columns.values
    return (
      (0..<shape[0] * shape[1]).map { found[$0 % shape[1] * shape[0] + $0 / shape[1]] }, module
    )
  }

  private var plain: [Float] {
    CarryingWeights(seed: 1).values[Self.member.weightName] ?? []
  }

  private func rootMean(_ values: [Float]) -> Double {
    (values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
  }

  @Test("noise is as large as asked, and lies the same way at every strength")
  func noise() throws {
    let size = rootMean(plain)
    let (small, module) = try matrix(Self.member, ModuleDisturbance(.noise, strength: 0.5))
    let (large, _) = try matrix(Self.member, ModuleDisturbance(.noise, strength: 1))
    let (smallNoise, largeNoise) = (
      zip(small, plain).map { $0 - $1 }, zip(large, plain).map { $0 - $1 }
    )
    // 512 draws: three standard errors of a root mean square are a tenth.
    #expect(abs(rootMean(smallNoise) / size - 0.5) < 0.05)
    TestSupport.expectClose(largeNoise, smallNoise.map { 2 * Double($0) }, .kernel)
    expectClose(
      module.changeSquares.squareRoot(), rootMean(smallNoise) * Double(plain.count).squareRoot(),
      within: Tolerance.singlePrecision)
    expectClose(
      module.weightSquares.squareRoot(), size * Double(plain.count).squareRoot(),
      within: Tolerance.rounding)
  }

  @Test(
    "each module has its own noise, whatever others are disturbed beside it and in whatever order")
  func nesting() throws {
    let noise = ModuleDisturbance(.noise, strength: 0.7)
    let alone = try matrix(Self.member, noise).values
    _ = try matrix(ModuleSet.Member(.queryProjection, layer: 0), noise)
    #expect(try matrix(Self.member, noise).values == alone)
    #expect(try matrix(ModuleSet.Member(.gateProjection, layer: 1), noise).values != alone)
    #expect(try matrix(ModuleSet.Member(.upProjection, layer: 2), noise).values != alone)
    #expect(try matrix(Self.member, noise, seed: 8).values != alone)
  }

  @Test("shrinking multiplies")
  func shrink() throws {
    let found = try matrix(Self.member, ModuleDisturbance(.shrink, strength: 0.25)).values
    #expect(found == plain.map { 0.75 * $0 })
    let gone = try matrix(Self.member, ModuleDisturbance(.shrink, strength: 1)).values
    #expect(gone.allSatisfy { $0 == 0 })
  }

  @Test("dropping sets a share to zero, and what a smaller share drops a larger one drops too")
  func drop() throws {
    let few = try matrix(Self.member, ModuleDisturbance(.drop, strength: 0.2)).values
    let many = try matrix(Self.member, ModuleDisturbance(.drop, strength: 0.6)).values
    for (found, share) in [(few, 0.2), (many, 0.6)] {
      let dropped = Double(found.count { $0 == 0 }) / Double(found.count)
      // 512 draws: four standard errors are at most 0.09.
      #expect(abs(dropped - share) < 0.09)
      #expect(zip(found, plain).allSatisfy { $0 == 0 || $0 == $1 })
    }
    #expect(zip(few, many).allSatisfy { $0 != 0 || $1 == 0 })
  }

  @Test("rounding leaves so many levels in a row, and is off by half a step at most")
  func quant() throws {
    let width = CarryingWeights.description.dModel
    for bits in [2, 4, 8] {
      let found = try matrix(
        Self.member, ModuleDisturbance(.quant, strength: Double(bits))
      ).values
      for start in stride(from: 0, to: found.count, by: width) {
        let (row, before) = (found[start..<start + width], plain[start..<start + width])
        let largest = before.map(abs).max() ?? 0
        let step = largest / Float((1 << (bits - 1)) - 1)
        #expect(Set(row).count <= (1 << bits) - 1)
        #expect(zip(row, before).allSatisfy { abs($0 - $1) <= 0.5001 * step })
        #expect(abs((row.map(abs).max() ?? 0) - largest) <= 1e-6 * largest)
      }
    }
  }

  @Test("a delta of nothing is the model, a whole one the tuned model, bit for bit")
  func delta() throws {
    let tuned = CarryingWeights(seed: 2)
    let target = tuned.values[Self.member.weightName] ?? []
    func moved(_ strength: Double) throws -> [Float] {
      try matrix(Self.member, ModuleDisturbance(.delta, strength: strength), tuned: tuned).values
    }
    #expect(try moved(0) == plain)
    #expect(try moved(1) == target)
    TestSupport.expectClose(
      try moved(0.5), zip(plain, target).map { (Double($0) + Double($1)) / 2 }, .kernel)
  }
}
