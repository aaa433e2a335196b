import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Reports
import TestSupport
import Testing
import Tokenization

/// One module alone carries what tells the prompts apart, and the map has to say which.
@Suite("Module maps")
struct ModuleMapTests {
  private static let planted = ModuleUnit(
    .valueProjection,
    layers: LayerRange(first: TwinModel.securityLayer, last: TwinModel.securityLayer))

  @Test("rank the planted module first", arguments: [1, 2, 3])
  func planted(seed: UInt64) throws {
    let map = try #require(try TwinModel(seed: seed).map(TwinModel.options))
    #expect(map.heldOut.isUsable && map.clean.isUsable && map.pooled.auroc > 0.9)
    #expect(map.cells.count == 42)
    let bySensitivity = map.cells.max { $0.sensitivity.mean < $1.sensitivity.mean }
    let byLoss = map.cells.max { $0.securityLoss.mean < $1.securityLoss.mean }
    #expect(bySensitivity?.unit == Self.planted && byLoss?.unit == Self.planted)
  }

  /// Taking away what reads a mark or what writes it leaves nothing of it, and nothing else does.
  @Test("call the modules that carry security its own, and no others", arguments: [1, 2, 3])
  func specific(seed: UInt64) throws {
    let map = try #require(try TwinModel(seed: seed).map(TwinModel.gone))
    #expect(map.control?.label == .number && map.control?.isUsable == true)
    func units(_ layer: Int) -> Set<ModuleUnit> {
      Set(
        [WeightModule.valueProjection, .outputProjection].map {
          ModuleUnit($0, layers: LayerRange(first: layer, last: layer))
        })
    }
    #expect(Set(map.cells.filter(\.isSpecific).map(\.unit)) == units(TwinModel.securityLayer))
    let controlling = map.cells.filter { ($0.excess?.high ?? 0) < 0 }
    #expect(Set(controlling.map(\.unit)) == units(TwinModel.controlLayer))
    for cell in map.cells where cell.isSpecific {
      #expect(cell.auroc.mean == 0.5 && cell.securityLoss.mean == 1)
    }
  }

  @Test("are the same whatever the threads, and go on where they were ended")
  func resuming() throws {
    let twins = TwinModel(seed: 1, pairs: 30)
    var options = TwinModel.options
    options.strength = nil
    options.repeats = 2
    let expected = try #require(try twins.map(options, threads: 1))
    #expect(expected.calibration != nil)
    try withTemporaryFolder { folder in
      let path = "\(folder)/readings.jsonl"
      for limit in [1, 20, 60, .max] {
        let log = try ReadingLog(path: path, identity: "a")
        let found = try twins.map(options, log: log) { done, _ in done < limit }
        if limit < .max { #expect(found == nil) } else { #expect(found == expected) }
      }
      #expect(throws: EntryLogError(path: path, ReadingLog.words, .otherWork)) {
        try ReadingLog(path: path, identity: "b")
      }
      let open = try ReadingLog(path: path, identity: "a")
      #expect(throws: LogInUse.self) { try ReadingLog(path: path, identity: "a") }
      withExtendedLifetime(open) {}
    }
  }

  @Test("by windows disturb several blocks' modules at once")
  func windows() throws {
    var options = TwinModel.options
    options.units = .windows
    options.window = 4
    let map = try #require(try TwinModel(seed: 1, pairs: 30).map(options))
    #expect(map.window == 4 && map.cells.count == 14)
    #expect(map.cells[1].unit.layers == LayerRange(first: 4, last: 5))
    #expect(map.cell(.valueProjection, layer: 2)?.sensitivity.mean ?? 0 > 0.05)
    options.window = nil
    #expect(try TwinModel(seed: 1, pairs: 30).map(options)?.window == 1)
  }

  @Test(
    "of disturbances of no strength show nothing, bit for bit",
    arguments: [ModuleDisturbance.Kind.noise, .shrink, .drop], [ModuleUnits.single, .windows])
  func nothing(kind: ModuleDisturbance.Kind, units: ModuleUnits) throws {
    let options = ModuleOptions(kind: kind, strength: 0, repeats: 1, units: units, draws: 100)
    let map = try #require(try TwinModel(seed: 1, pairs: 30).map(options))
    #expect(!map.cells.isEmpty)
    for cell in map.cells {
      #expect(cell.sensitivity.mean == 0 && cell.recall.mean == map.clean.recall)
      #expect(cell.auroc.mean == map.clean.auroc && cell.marginDrop.mean == 0)
      #expect(cell.relativeChange == 0 && cell.weightChange == 0)
    }
  }

  /// Noise on zeros is none, so a window of a module and of one of zeros is the module alone.
  @Test("draw a module's noise alike whatever is disturbed beside it")
  func nesting() throws {
    var twins = TwinModel(seed: 1)
    let besides = "model.layers.\(TwinModel.securityLayer + 1).self_attn.v_proj.weight"
    twins.weights.values[besides] = twins.weights.values[besides]?.map { _ in 0 }
    var options = TwinModel.options
    let single = try #require(try twins.map(options))
    (options.units, options.window) = (.windows, 2)
    let windows = try #require(try twins.map(options))
    let (one, both) = (
      try #require(single.cell(.valueProjection, layer: TwinModel.securityLayer)),
      try #require(windows.cell(.valueProjection, layer: TwinModel.securityLayer))
    )
    #expect(both.unit.layers.count == 2 && one.weightChange > 0)
    #expect(both.recall == one.recall && both.auroc == one.auroc)
    #expect(both.marginDrop == one.marginDrop && both.weightChange == one.weightChange)
  }

  @Test("of noise that is all there is left leave an area near one half")
  func strong() throws {
    let twins = TwinModel(seed: 2)
    let clean = try #require(try twins.map(TwinModel.gone)).clean
    let found = try twins.readings(
      TwinModel.all, ModuleDisturbance(.noise, strength: 500), draws: 12)
    // What is left turns prompts around as often as not. A model this small does not call all of them alike, as
    // large ones do: noise of any size leaves its few components some of either.
    let areas = found.map(\.auroc)
    #expect(abs(areas.reduce(0, +) / 12 - 0.5) < 0.2, "areas \(areas)")
    let left = found.map { $0.decisiveRecall(from: clean) }
    #expect(left.reduce(0, +) / 12 < 0.6, "left \(left)")
  }

  @Test("refuse prompts that the model does not tell apart")
  func unusable() throws {
    var twins = TwinModel(seed: 1, pairs: 60)
    twins.loseSecurity()
    do {
      _ = try twins.map(TwinModel.options)
      Issue.record("a classifier that tells nothing was used")
    } catch let error as ModuleStudyError {
      #expect(error.description.hasPrefix("classifier unusable: on 40 prompts"))
      #expect(error.kind == .badInput)
    }
  }

  @Test("show nothing where queries and keys are turned alike, without positions")
  func turned() throws {
    var description = CarryingWeights.description
    description.rotaryFrequencies = [0, 0, 0, 0]
    var twins = TwinModel(seed: 3, pairs: 40)
    // Larger, so that where a position attends to depends on them.
    for name in twins.weights.shapes.keys where name.contains("q_proj") || name.contains("k_proj") {
      twins.weights.values[name] = twins.weights.values[name]?.map { 20 * $0 }
    }
    var turned = twins.weights
    let (head, width) = (description.attention.dHead, description.dModel)
    for layer in 0..<description.layerCount {
      let mirrors = (0..<2).map { randomValues(head, seed: UInt64(10 * layer + $0)) }
      for name in ["q_proj", "k_proj"] {
        let path = "model.layers.\(layer).self_attn.\(name).weight"
        for start in stride(from: 0, to: 16, by: head) {
          // Two reflections are a rotation.
          for mirror in mirrors {
            let square = mirror.reduce(0) { $0 + Double($1) * Double($1) }
            for column in 0..<width {
              let values = (0..<head).map {
                Double(turned.values[path]?[(start + $0) * width + column] ?? 0)
              }
              let product = zip(mirror, values).reduce(0) { $0 + Double($1.0) * $1.1 }
              for row in 0..<head {
                turned.set(
                  path, start + row, column,
                  Float(values[row] - 2 * product / square * Double(mirror[row])))
              }
            }
          }
        }
      }
    }
    let decoder = try Decoder(
      description, source: twins.weights, includingHead: true, precision: .f32, keptLayers: nil,
      threads: 1)
    let bench = try SuffixBench(decoder, twins.tokens, threads: 2)
    let modules = DisturbedModules(twins.weights, tuned: turned)
    let whole = ModuleDisturbance(.delta, strength: 1)
    func rows(_ kinds: [WeightModule], _ layer: Int) throws -> SharedRows {
      let packed = try kinds.map { kind in
        let member = ModuleSet.Member(kind, layer: layer)
        return (
          member, try modules.module(member, whole, WeightDirection(seed: 0), for: decoder).packed
        )
      }
      return try bench.rows(replacing: ReplacedModules(Dictionary(uniqueKeysWithValues: packed)))
    }
    let clean = floats(bench.clean)
    let labels = twins.prompts.map(\.label)
    let probe = try SeparationProbe(fitting: bench.clean, labels: labels)
    func figures(_ rows: SharedRows) -> SeparationFigures {
      SeparationFigures(scores: probe.scores(rows), labels: labels)
    }
    for layer in 0..<description.layerCount {
      let both = try rows([.queryProjection, .keyProjection], layer)
      TestSupport.expectClose(floats(both), clean, .decoder, "block \(layer)")
      let (found, expected) = (figures(both), figures(bench.clean))
      #expect(found.recall == expected.recall && found.auroc == expected.auroc)
      #expect(found.benignRecall == expected.benignRecall)
      // Turning one of them is seen far above rounding.
      let alone = relativeRMS(floats(try rows([.queryProjection], layer)), clean)
      #expect(alone > 20 * relativeRMS(floats(both), clean), "block \(layer)")
    }
  }

  @Test("are read again from what was written, and say what may be said")
  func report() throws {
    let map = try #require(try TwinModel(seed: 1).map(TwinModel.gone))
    let report = ModuleMapReport(
      map, origin: LayersOrigin.example, toolVersion: "0", backend: "none")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    #expect(try decoder.decode(ModuleMapReport.self, from: Data(report.json())) == report)
    #expect(report.forms.markdown.contains("In 2 of 42 units security loses more than the control"))
    #expect(report.forms.terminalText.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(report.forms.html(charts: nil).contains("What the control loses"))
  }
}

@Suite("Robust modules of a model")
struct RobustModulesTests {
  @Test("leave the planted module out for every share that disturbing it does not leave")
  func planted() throws {
    let twins = TwinModel(seed: 1)
    var options = TwinModel.options
    options.repeats = 1
    let map = try #require(try twins.map(options))
    let left = try #require(map.cell(.valueProjection, layer: TwinModel.securityLayer))
    // The search reads the same draw, and decides as the map does.
    let share = (map.clean.recall - left.sensitivity.mean) / map.clean.recall
    #expect(share < 0.95)
    for keep in [0.95, (share + 0.95) / 2, share + 0.01] {
      let found = try #require(
        try twins.checks().robustModules(
          of: twins.weights, parts: twins.parts, texts: twins.texts, keeping: keep, options))
      #expect(
        !found.set.contains(.valueProjection, layer: TwinModel.securityLayer), "keeping \(keep)")
      #expect(found.set.count > 20, "keeping \(keep)")
      #expect(found.result.modules.count == found.set.count)
      #expect(found.result.share ?? 0 >= found.result.threshold)
      let report = RobustReport(
        found.result, origin: LayersOrigin.example, toolVersion: "0", backend: "none")
      #expect(report.forms.terminalText.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
  }
}

extension TwinModel {
  /// What is told with modules disturbed, over several draws.
  func readings(
    _ members: [ModuleSet.Member], _ disturbance: ModuleDisturbance, draws: Int
  ) throws -> [SeparationFigures] {
    let decoder = try weights.decoder()
    let judged = parts.indices.filter { parts[$0] == .test }
    let training = parts.indices.filter { parts[$0] == .train }
    let site = HookSite(.residPost, layer: CarryingWeights.description.layerCount - 1)
    let probe = try SeparationProbe(
      fitting: try checks(decoder).lastRows(of: training, at: [site])[0],
      labels: training.map { prompts[$0].label })
    let bench = try SuffixBench(decoder, judged.map { tokens[$0] }, threads: 2)
    let modules = DisturbedModules(weights)
    return try (0..<draws).map { draw in
      let packed = try members.map { member in
        (
          member,
          try modules.module(
            member, disturbance, WeightDirection(seed: UInt64(draw)), for: decoder
          ).packed
        )
      }
      let rows = try bench.rows(
        replacing: ReplacedModules(Dictionary(uniqueKeysWithValues: packed)))
      return SeparationFigures(
        scores: probe.scores(rows), labels: judged.map { prompts[$0].label })
    }
  }
}
