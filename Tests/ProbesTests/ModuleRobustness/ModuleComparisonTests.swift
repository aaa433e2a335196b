import Inference
import Kernels
import Probes
import Reports
import Testing
import Tokenization

@Suite("Modules before and after a tuning")
struct ModuleComparisonTests {
  private func compare(
    _ before: TwinModel, _ change: (inout TwinModel) -> Void
  ) throws -> ModuleComparison {
    var after = before
    change(&after)
    var options = TwinModel.options
    (options.units, options.window, options.repeats) = (.windows, 3, 2)
    let found = try before.checks().moduleComparison(
      of: before.weights, with: TunedModel(after.weights, after.checks()), parts: before.parts,
      texts: before.texts, options)
    return try #require(found)
  }

  @Test("nothing changes where nothing was tuned")
  func same() throws {
    let found = try compare(TwinModel(seed: 1)) { _ in }
    #expect(found.outcome == .held && found.carried == found.before.heldOut)
    #expect(found.after?.cells == found.before.cells)
    #expect(found.differences.allSatisfy { $0.change?.value == 0 })
    let attribution = found.attribution
    #expect(attribution.isWhole && attribution.before == attribution.after)
    #expect(
      attribution.groups.allSatisfy {
        $0.weightChange == 0 && $0.sufficiency == attribution.before
          && $0.necessity == attribution.before
      })
  }

  @Test("a separation that is turned around has moved, and its modules' changes alone did it")
  func moved() throws {
    let found = try compare(TwinModel(seed: 1)) { $0.negateSecurity() }
    #expect(found.outcome == .moved && found.refitted.isUsable && found.carried.recall < 0.1)
    #expect(found.after != nil && found.differences.count == 14)
    let attribution = found.attribution
    #expect(attribution.isWhole)
    for group in attribution.groups {
      let isPlanted =
        group.unit.module == .outputProjection
        && group.unit.layers.contains(TwinModel.securityLayer)
      #expect((group.weightChange > 0) == isPlanted)
      #expect(group.sufficiency == (isPlanted ? attribution.after : attribution.before))
      #expect(group.necessity == (isPlanted ? attribution.before : attribution.after))
    }
    let report = ModuleComparisonReport(
      found, origin: LayersOrigin.example, toolVersion: "0", backend: "none")
    #expect(report.forms.markdown.hasPrefix("# Modules before and after: moved"))
    #expect(report.forms.terminalText.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test("a separation that is lost is gone, and there is no map by a classifier that tells nothing")
  func gone() throws {
    let found = try compare(TwinModel(seed: 1)) { $0.loseSecurity() }
    #expect(found.outcome == .gone && found.after == nil && found.differences.isEmpty)
    let report = ModuleComparisonReport(
      found, origin: LayersOrigin.example, toolVersion: "0", backend: "none")
    #expect(report.forms.html(charts: nil).contains("a classifier that tells the prompts apart"))
  }

  @Test("the changes of all modules make one model the other, bit for bit")
  func endPoints() throws {
    let before = TwinModel(seed: 1)
    var after = before
    let other = CarryingWeights(seed: 9)
    for name in before.weights.shapes.keys where name.contains("proj") {
      after.weights.values[name] = other.values[name]
    }
    let (one, two) = (try before.weights.decoder(), try after.weights.decoder())
    let (bench, tunedBench) = (
      try SuffixBench(one, before.tokens, threads: 2),
      try SuffixBench(two, before.tokens, threads: 2)
    )
    func rows(
      _ bench: SuffixBench, _ modules: DisturbedModules, _ strength: Double
    ) throws -> [Float] {
      let packed = try TwinModel.all.map { member in
        (
          member,
          try modules.module(
            member, ModuleDisturbance(.delta, strength: strength), WeightDirection(seed: 0),
            for: bench.decoder
          ).packed
        )
      }
      return floats(
        try bench.rows(replacing: ReplacedModules(Dictionary(uniqueKeysWithValues: packed))))
    }
    func clean(_ bench: SuffixBench) -> [Float] { floats(bench.clean) }
    let there = DisturbedModules(before.weights, tuned: after.weights)
    let back = DisturbedModules(after.weights, tuned: before.weights)
    #expect(clean(bench) != clean(tunedBench))
    #expect(try rows(bench, there, 1) == clean(tunedBench))
    #expect(try rows(bench, there, 0) == clean(bench))
    #expect(try rows(tunedBench, back, 1) == clean(bench))
    #expect(try rows(tunedBench, back, 0) == clean(tunedBench))
  }
}
