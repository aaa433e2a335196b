import Foundation
import Inference
import ModelFiles
import Testing
import Tuning

@Suite("Resuming")
struct ResumingTests {
  /// A strategy by name, anew for each process that would run it.
  private static func strategy(_ name: String, _ model: ToyNetwork) -> any TuningStrategy {
    let robust = ModuleSet([ModuleSet.Member(.upProjection, layer: 1)])
    func probing(_ mode: SafetyAwareProbing.Mode, lagged: Bool) -> SafetyAwareProbing {
      SafetyAwareProbing(
        contrast: .toy(5),
        options: SafetyAwareProbing.Options(
          layers: LayerRange(first: 0, last: 1), moveShare: 1e-2, mode: mode, isLagged: lagged,
          pairsPerStep: 2, reportInterval: 3),
        seed: 4)
    }
    switch name {
    case "swat": return ModularWarmUp(robust: robust)
    case "ml-lr": return ModularRates(robust: robust, share: 0.1)
    case "sap": return probing(.rms, lagged: false)
    case "sap adam": return probing(.adam, lagged: false)
    case "sap lagged": return probing(.raw, lagged: true)
    case "lisa":
      return SafetyAlternation(
        safety: TrainingSet(examples: toyExamples(5, seed: 8)),
        BatchStream.Plan(size: .examples(2), seed: 1), model: model,
        options: SafetyAlternation.Options(safetySteps: 2, taskSteps: 3))
    default: return PlainTuning()
    }
  }

  private static func loop(_ name: String, in folder: RunFolder) throws -> TuningLoop {
    let model = ToyNetwork()
    var plan = TuningPlan.toy(steps: 12, rate: 0.02)
    plan.batches = BatchStream.Plan(size: .examples(3), accumulation: 2, seed: 5)
    plan.weightDecay = 0.01
    plan.course = .cosine
    plan.warmUpSteps = 3
    plan.evaluationInterval = 4
    plan.patience = 50
    plan.checkpointInterval = 5
    return try TuningLoop(
      model: model, plan: plan, strategy: strategy(name, model), training: toyExamples(11),
      path: "toy", heldOut: toyExamples(4, seed: 2), folder: folder)
  }

  /// The latest checkpoint's name and bytes.
  private static func last(_ run: TemporaryRun) throws -> (String, [UInt8]) {
    let names = try FileManager.default.contentsOfDirectory(atPath: run.path + "/checkpoints")
    let name = try #require(names.filter { $0.hasPrefix("step-") }.max())
    return (name, try run.bytes("checkpoints/\(name)"))
  }

  @Test(
    "a run stopped between steps ends in the same bytes, whatever its strategy",
    arguments: ["plain", "swat", "ml-lr", "sap", "sap adam", "sap lagged", "lisa"])
  func anyStep(name: String) throws {
    let whole = try TemporaryRun()
    let outcome = try Self.loop(name, in: try whole.open(.new)).run()
    let expected = try Self.last(whole)
    for stop in [0, 1, 4, 7, 11] {
      let parted = try TemporaryRun()
      do {
        var steps = 0
        let loop = try Self.loop(name, in: try parted.open(.new))
        let error = #expect(throws: TuningError.self) {
          try loop.run(shouldStop: { steps == stop }, onProgress: { _ in steps += 1 })
        }
        #expect(error == .interrupted(folder: parted.path, step: stop))
      }
      let later = try Self.loop(name, in: try parted.open(.resuming)).run()
      let found = try Self.last(parted)
      #expect(found.0 == expected.0)
      #expect(found.1 == expected.1, "\(name) stopped after \(stop) steps ends in other bytes")
      #expect(later.evaluations == outcome.evaluations)
      #expect(later.counters == outcome.counters)
    }
  }

  @Test("a run killed between checkpoints drops what it logged after the last one")
  func log() throws {
    let run = try TemporaryRun()
    do {
      var steps = 0
      let loop = try Self.loop("plain", in: try run.open(.new))
      struct Killed: Error {}
      #expect(throws: TuningError.self) {
        try loop.run(shouldStop: { steps == 8 }, onProgress: { _ in steps += 1 })
      }
    }
    try FileManager.default.removeItem(atPath: run.path + "/checkpoints/step-00000008.safetensors")
    _ = try Self.loop("plain", in: try run.open(.resuming)).run()
    let steps = try run.bytes("log.jsonl").split(separator: UInt8(ascii: "\n")).compactMap {
      let object = try JSONValue.parse(Array($0)).asObject
      return object?["loss"] == nil ? nil : object?["step"]?.asInt
    }
    #expect(steps == Array(1...12))
  }

  @Test("what a run is made of must be the same, and the difference is named")
  func identity() throws {
    let run = try TemporaryRun()
    _ = try run.open(.new, identity: ["data": "abc", "rate": .number(0.1)])
    #expect(
      throws: TuningError.mismatch(
        folder: run.path, what: "data", found: "abc", expected: "abd")
    ) { try run.open(.resuming, identity: ["data": "abd", "rate": .number(0.1)]) }
    #expect(
      throws: TuningError.mismatch(
        folder: run.path, what: "rate", found: "0.1", expected: "nothing")
    ) { try run.open(.resuming, identity: ["data": "abc"]) }
    _ = try run.open(.resuming, identity: ["data": "abc", "rate": .number(0.1)])
  }

  @Test("what a killed process left half written is removed, and hinders nothing")
  func unfinished() throws {
    let run = try TemporaryRun()
    let names = [".plumbline-1", "checkpoints/.plumbline-2", "config.yaml"]
    try FileManager.default.createDirectory(
      atPath: run.path + "/checkpoints", withIntermediateDirectories: true)
    for name in names {
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(run.path)/\(name)"))
    }
    _ = try run.open(.resuming)
    #expect(!run.exists(names[0]) && !run.exists(names[1]))
    #expect(try run.bytes("config.yaml") == Array("plan: toy\n".utf8))
    #expect(run.exists("manifest.json"))
  }

  @Test("a run that is replaced leaves nothing of its own")
  func replaced() throws {
    let run = try TemporaryRun()
    _ = try run.open(.new)
    let names = ["result.json", "data.jsonl", "report.md", "checkpoints/step-00000003.safetensors"]
    for name in names {
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(run.path)/\(name)"))
    }
    _ = try run.open(.overwriting)
    #expect(!names.contains(where: run.exists))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: run.path).sorted() == [
        "checkpoints", "config.yaml", "manifest.json",
      ])
  }

  @Test("a folder in use, a folder of something else and a run that is there are refused")
  func folders() throws {
    let run = try TemporaryRun()
    #expect(throws: TuningError.noRun(folder: run.path)) { try run.open(.resuming) }
    do {
      let held = try run.open(.new)
      #expect(throws: TuningError.inUse(folder: run.path)) { try run.open(.resuming) }
      #expect(!held.isFinished)
    }
    #expect(throws: TuningError.runExists(folder: run.path)) { try run.open(.new) }
    _ = try run.open(.overwriting)
    let other = try TemporaryRun()
    try FileManager.default.createDirectory(
      atPath: other.path, withIntermediateDirectories: true)
    try Data("x".utf8).write(to: URL(fileURLWithPath: other.path + "/thesis.tex"))
    #expect(throws: TuningError.notARun(folder: other.path)) { try other.open(.overwriting) }
    #expect(throws: TuningError.notARun(folder: other.path)) { try other.open(.resuming) }
    #expect(throws: TuningError.notARun(folder: other.path)) { try other.open(.new) }
    #expect(other.exists("thesis.tex"))
  }

  @Test("a damaged checkpoint is refused with its name")
  func damaged() throws {
    let run = try TemporaryRun()
    _ = try Self.loop("plain", in: try run.open(.new)).run()
    let path = run.path + "/checkpoints/step-00000012.safetensors"
    let bytes = try run.bytes("checkpoints/step-00000012.safetensors")
    for count in [bytes.count - 1, bytes.count / 2, 7] {
      try Data(bytes[..<count]).write(to: URL(fileURLWithPath: path))
      let folder = try run.open(.resuming)
      let error = #expect(throws: (any Error).self) { try Self.loop("plain", in: folder) }
      #expect("\(String(describing: error))".contains("step-00000012.safetensors"))
    }
  }
}
