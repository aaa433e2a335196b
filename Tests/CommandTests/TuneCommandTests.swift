import Foundation
import Inference
import ModelFiles
import Testing

@Suite("plumb tune", .serialized)
struct TuneCommandTests {
  /// Examples of a few words.
  static func examples(_ count: Int, seed: UInt64 = 1) -> String {
    let words = ["sun", "rain", "stone", "bread", "river", "hall", "wings", "hello"]
    var numbers = SplitMix64(seed: seed)
    func text() -> String {
      (0..<Int.random(in: 1...4, using: &numbers))
        .map { _ in words.randomElement(using: &numbers) ?? "" }.joined(separator: " ")
    }
    return (0..<count).map {
      #"{"id": "e\#($0)", "prompt": "\#(text())", "response": "\#(text())"}"#
    }
    .joined(separator: "\n") + "\n"
  }

  private static func arguments(_ output: String, _ more: [String] = []) -> [String] {
    [
      "tune", "--model", TinyModel.tied, "--data", "data.jsonl", "--output", output, "--rank", "2",
      "--steps", "40", "--batch-size", "4", "--learning-rate", "0.01", "--evaluate-every", "20",
      "--held-out-share", "0.2", "--checkpoint-every", "3", "--threads", "1",
    ] + more
  }

  private static func folder() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(examples(30), to: "data.jsonl")
    try folder.write(examples(6, seed: 5), to: "safety.jsonl")
    return folder
  }

  /// What must be the same after an interruption.
  private static func results(_ run: String, in folder: TestFolder) throws -> [String: [UInt8]] {
    var results: [String: [UInt8]] = [:]
    for name in [
      "result.json", "config.yaml", "adapter/adapter_config.json",
      "adapter/adapter_model.safetensors", "checkpoints/step-00000040.safetensors",
    ] { results[name] = try folder.bytes("\(run)/\(name)") }
    return results
  }

  @Test("a run writes an adapter that other commands apply, a log, and what came of it")
  func run() async throws {
    let folder = try Self.folder()
    let result = try await plumbSucceeds(Self.arguments("run"), in: folder)
    #expect(result.text.contains("run: 40 steps with the strategy plain on 24 examples"))
    let json = try JSONValue.parse(try folder.bytes("run/result.json")).asObject
    #expect(json?["schema"]?.asInt == 1)
    let outcome = json?["outcome"]?.asObject
    let losses = outcome?["evaluations"]?.asArray?.compactMap { $0.asObject?["loss"]?.asDouble }
    let (first, last) = (try #require(losses?.first), try #require(losses?.last))
    #expect(losses?.count == 3 && last < first, "\(losses ?? [])")
    let updates = try #require(json?["updates"]?.asArray)
    #expect(updates.count == 14)
    #expect(updates.allSatisfy { ($0.asObject?["relative"]?.asDouble ?? 0) > 0 })
    let log = try folder.bytes("run/log.jsonl").split(separator: UInt8(ascii: "\n"))
    #expect(log.count == 43)
    let page = String(decoding: try folder.bytes("run/report.html"), as: UTF8.self)
    #expect(page.contains("<p class=\"word\">Finished</p>"))
    #expect(page.contains("<caption><span>Loss over the steps</span></caption>"))
    let report = String(decoding: try folder.bytes("run/report.md"), as: UTF8.self)
    #expect(report.hasPrefix("# Tuning report: ") && report.contains("\n| 40 | "))
    let adapted = try await plumbSucceeds(
      [
        "generate", "--model", "\(TinyModel.tied)+run/adapter", "--prompt", "sun",
        "--max-tokens", "3",
      ], in: folder)
    #expect(!adapted.output.isEmpty)
    // The same choices from the file that the run left give the same adapter.
    try await plumbSucceeds(
      ["tune", "--config", "run/config.yaml", "--output", "again", "--threads", "2"], in: folder)
    #expect(try Self.results("again", in: folder) == Self.results("run", in: folder))
    try await plumbSucceeds(["report", "run", "again", "--output", "both.html"], in: folder)
    let refused = try await plumb(Self.arguments("run"), in: folder)
    #expect(refused.code == 73 && refused.messages.contains("--resume"))
    let finished = try await plumbSucceeds(["tune", "--output", "run", "--resume"], in: folder)
    #expect(finished.text == "run is finished already.\n")
  }

  @Test("a run whose weights run away leaves a page that says so, and no result")
  func brokenDown() async throws {
    let folder = try Self.folder()
    let result = try await plumb(
      Self.arguments(
        "run",
        ["--method", "full", "--weight-decay", "1000", "--learning-rate", "100", "--clip", "0"]
      )
      .filter { !["--rank", "2"].contains($0) }, in: folder)
    #expect(
      result.code == 65 && result.messages.contains("has a loss and no gradient"),
      "\(result.messages)")
    let page = String(decoding: try folder.bytes("run/report.html"), as: UTF8.self)
    #expect(page.contains("<p class=\"word\">Broken off</p>"))
    #expect(page.contains(" has a loss and no gradient, as where weights have run away"))
    #expect(!folder.exists("run/result.json"))
  }

  @Test("weights that run away end the run, although every number is finite")
  func runaway() async throws {
    let folder = try Self.folder()
    let result = try await plumb(
      Self.arguments("run", ["--learning-rate", "100", "--clip", "0"]), in: folder)
    #expect(result.code == 65)
    #expect(result.messages.contains(" has a loss and no gradient"), "\(result.messages)")
    #expect(!folder.exists("run/result.json"))
  }

  @Test("a mixed set is written into the run's own folder alone")
  func mixedSetsOfOthers() async throws {
    let folder = try Self.folder()
    let mix = ["--mix", "base", "--safety", "safety.jsonl"]
    try folder.write(Self.examples(30), to: "mine/data.jsonl")
    let mine = try folder.bytes("mine/data.jsonl")
    for data in ["mine/data.jsonl", "data.jsonl"] {
      let refused = try await plumb(
        Self.arguments("mine", mix + ["--data", data]), in: folder)
      #expect(refused.code != 0)
      #expect(try folder.bytes("mine/data.jsonl") == mine)
    }
    try await plumbSucceeds(Self.arguments("run", mix), in: folder)
    let mixed = try folder.bytes("run/data.jsonl")
    let other = try await plumb(
      Self.arguments("run", mix + ["--resume", "--rate", "0.5"]), in: folder)
    #expect(other.code == 78)
    #expect(try folder.bytes("run/data.jsonl") == mixed)
  }

  @Test("full tuning writes a model that can be opened")
  func full() async throws {
    let folder = try Self.folder()
    try await plumbSucceeds(
      [
        "tune", "--model", TinyModel.tied, "--data", "data.jsonl", "--output", "run", "--method",
        "full", "--steps", "5", "--learning-rate", "1e-3", "--threads", "1",
      ], in: folder)
    let answer = try await plumbSucceeds(
      ["generate", "--model", "run/model", "--prompt", "sun", "--max-tokens", "2"], in: folder)
    #expect(!answer.output.isEmpty)
    let json = try JSONValue.parse(try folder.bytes("run/result.json")).asObject
    #expect(json?["weights"]?.asString == "model")
    #expect(try #require(json?["updates"]?.asArray).count == 20)
  }

  @Test(
    "every strategy runs to its end",
    arguments: [
      ["--strategy", "frozen", "--layers", "0"],
      ["--strategy", "sap", "--safety", "safety.jsonl", "--layers", "0-1", "--move-share", "1e-3"],
      ["--strategy", "sap", "--safety", "safety.jsonl", "--lagged", "--dropout", "0.2"],
      [
        "--strategy", "lisa", "--safety", "safety.jsonl", "--safety-steps", "2", "--task-steps",
        "5",
      ],
    ])
  func strategies(choices: [String]) async throws {
    let folder = try Self.folder()
    try await plumbSucceeds(Self.arguments("run", choices), in: folder)
    let json = try JSONValue.parse(try folder.bytes("run/result.json")).asObject
    let outcome = try #require(json?["outcome"]?.asObject)
    #expect(outcome["strategy"]?.asString?.string == choices[1])
    if choices[1] == "frozen" {
      let updates = try #require(json?["updates"]?.asArray)
      #expect(!updates.isEmpty && updates.allSatisfy { $0.asObject?["layer"]?.asInt == 1 })
    }
    if choices[1] == "sap" {
      let floor = outcome["counters"]?.asObject?["noise_floor"]?.asObject
      if !choices.contains("--lagged") { #expect(floor?["mean"]?.asDouble == 0) }
      #expect(
        outcome["counters"]?.asObject?["probe_norm"]?.asObject?["mean"]?.asDouble ?? 0 > 0)
    }
  }

  @Test("a file of layers counts by its content, not by its name")
  func layersFile() async throws {
    let folder = try Self.folder()
    let digest = try Checkpoint(path: TinyModel.tied).digest()
    for (name, layer) in [("first.json", 0), ("second.json", 0), ("other.json", 1)] {
      try LayerRange(first: layer, last: layer)
        .write(to: folder.path(name), model: digest, overwriting: false)
    }
    let frozen = Self.arguments("run", ["--strategy", "frozen", "--layers"])
    try await plumbSucceeds(frozen + ["first.json"], in: folder)
    let renamed = try await plumbSucceeds(frozen + ["second.json", "--resume"], in: folder)
    #expect(renamed.text == "run is finished already.\n")
    let other = try await plumb(frozen + ["other.json", "--resume"], in: folder)
    #expect(other.code == 78 && other.messages.contains("layer-range"), "\(other.messages)")
  }

  @Test("modules of a file learn at the full rate, in ml-lr and swat")
  func modules() async throws {
    let folder = try Self.folder()
    let digest = try Checkpoint(path: TinyModel.tied).digest()
    try ModuleSet([ModuleSet.Member(.queryProjection, layer: 1)])
      .write(to: folder.path("robust.json"), model: digest, overwriting: false)
    for (strategy, share) in [("ml-lr", ["--share", "0"]), ("swat", ["--warm-up-share", "1"])] {
      try await plumbSucceeds(
        Self.arguments(
          strategy, ["--strategy", strategy, "--modules", "robust.json"] + share), in: folder)
      let json = try JSONValue.parse(try folder.bytes("\(strategy)/result.json")).asObject
      let moved = json?["updates"]?.asArray?.compactMap(\.asObject).filter {
        ($0["update_norm"]?.asDouble ?? 0) > 0
      }
      #expect(
        moved?.map { $0["tensor"]?.asString?.string }
          == ["model.layers.1.self_attn.q_proj.weight"])
    }
    #expect(
      try folder.bytes("ml-lr/adapter/adapter_model.safetensors")
        == folder.bytes("swat/adapter/adapter_model.safetensors"))
  }

  @Test("safety examples are mixed in, and none of them leave the run as it is")
  func mixing() async throws {
    let folder = try Self.folder()
    let mix = ["--safety", "safety.jsonl", "--rate"]
    try await plumbSucceeds(Self.arguments("plain"), in: folder)
    try await plumbSucceeds(Self.arguments("none", ["--mix", "base"] + mix + ["0"]), in: folder)
    #expect(
      try folder.bytes("none/adapter/adapter_model.safetensors")
        == folder.bytes("plain/adapter/adapter_model.safetensors"))
    try await plumbSucceeds(Self.arguments("base", ["--mix", "base"] + mix + ["0.2"]), in: folder)
    let lines = try folder.bytes("base/data.jsonl").split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 36)
    let json = try JSONValue.parse(try folder.bytes("base/result.json")).asObject
    // What is held out is the user's own.
    #expect(json?["held_out"]?.asObject?["examples"]?.asInt == 6)
    #expect(json?["training"]?.asObject?["examples"]?.asInt == 30)
    #expect(folder.exists("base/data.manifest.json"))
    #expect(
      try folder.bytes("base/adapter/adapter_model.safetensors")
        != folder.bytes("plain/adapter/adapter_model.safetensors"))
  }

  @Test("a preview marks the tokens that carry loss")
  func preview() async throws {
    let folder = try TestFolder()
    try folder.write(
      #"{"id": "x", "prompt": "sun", "response": "rain"}"# + "\n", to: "data.jsonl")
    let arguments = ["tune", "--model", TinyModel.tied, "--data", "data.jsonl", "--preview", "3"]
    let shown = try await plumbSucceeds(arguments, in: folder)
    #expect(
      shown.text.contains(
        "<|im_start|>user\nsun<|im_end|>\n<|im_start|>assistant\n[rain<|im_end|>]"))
    #expect(shown.lines.first?.hasPrefix("line 1, id x: ") == true)
    let json = try await plumbSucceeds(arguments + ["--json"], in: folder)
    let object = try JSONValue.parse(Array(json.output.dropLast())).asObject
    #expect(object?["ids"]?.asArray?.count == object?["loss"]?.asArray?.count)
    #expect(try folder.contents().keys.sorted() == ["data.jsonl"])
  }

  // MARK: Interruptions

  /// Starts a run and waits until it has some checkpoints, and some microseconds more.
  private func start(
    _ arguments: [String], in folder: TestFolder, untilCheckpoint step: Int, delay: UInt32
  ) async throws -> PlumbProcess {
    let process = try await PlumbProcess(arguments, in: folder)
    let checkpoints = folder.path("part/checkpoints")
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        func latest() -> Int {
          ((try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? [])
            .compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5).prefix(8)) : nil }.max() ?? 0
        }
        while kill(process.identifier, 0) == 0, latest() < step { usleep(300) }
        usleep(delay)
        continuation.resume()
      }
    }
    return process
  }

  @Test("a run killed at any moment goes on and ends in the same bytes")
  func killed() async throws {
    let folder = try Self.folder()
    let choices = ["--strategy", "sap", "--safety", "safety.jsonl", "--move-share", "1e-3"]
    try await plumbSucceeds(Self.arguments("whole", choices), in: folder)
    let whole = try Self.results("whole", in: folder)
    let kills = ProcessInfo.processInfo.environment["PLUMB_TUNE_KILLS"].flatMap { Int($0) } ?? 4
    var numbers = SplitMix64(seed: 11)
    var killedCount = 0
    for moment in 0..<kills {
      let step = moment == 0 ? 0 : Int.random(in: 0..<36, using: &numbers)
      let process = try await start(
        Self.arguments("part", choices), in: folder, untilCheckpoint: step,
        delay: UInt32.random(in: 0..<(moment == 0 ? 60_000 : 15_000), using: &numbers))
      process.send(SIGKILL)
      if try await process.result().signal == SIGKILL { killedCount += 1 }
      let resumed = try await plumb(
        Self.arguments("part", choices + ["--resume"]), in: folder)
      // Killed before it made its folder.
      if resumed.code == 66 { try await plumbSucceeds(Self.arguments("part", choices), in: folder) }
      let found = try Self.results("part", in: folder)
      for (name, bytes) in whole { #expect(found[name] == bytes, "\(name), moment \(moment)") }
      try FileManager.default.removeItem(at: folder.url("part"))
    }
    #expect(killedCount > 0, "every run ended before it was killed")
  }

  @Test("Ctrl-C leaves a checkpoint and ends in order", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) async throws {
    let folder = try Self.folder()
    let arguments = Self.arguments("part", ["--steps", "500", "--checkpoint-every", "10"])
    let process = try await start(arguments, in: folder, untilCheckpoint: 10, delay: 100)
    process.send(signal)
    let result = try await process.result()
    #expect(result.code == 75)
    #expect(result.messages.contains("Interrupted after step"))
    #expect(!folder.exists("part/result.json"))
    let changed = try await plumb(arguments + ["--resume", "--seed", "9"], in: folder)
    #expect(changed.code == 78 && changed.messages.contains("seed"))
    try await plumbSucceeds(["tune", "--output", "part", "--resume", "--json"], in: folder)
    #expect(folder.exists("part/result.json"))
  }
}
