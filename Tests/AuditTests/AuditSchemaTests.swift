import Audit
import Foundation
import Inference
import Kernels
import ModelFiles
import Reports
import TestSupport
import Testing
import Tokenization

/// Walks a result along its documentation, `docs/schemas/audit-result.schema.json`.
private struct SchemaWalk {
  private let definitions: JSONObject
  /// The keys that were met, by the place of their object in the schema.
  private(set) var met: [String: Set<String>] = [:]
  /// The keys that are documented, by the place of their object in the schema.
  private(set) var documented: [String: Set<String>] = [:]
  /// What does not agree.
  private(set) var faults: [String] = []

  init(_ schema: JSONObject) throws {
    definitions = try #require(schema["$defs"]?.asObject)
    note(schema, at: "#")
    for (name, definition) in definitions.members {
      note(try #require(definition.asObject), at: "#/$defs/\(name.string)")
    }
  }

  /// Lists the documented keys of an object and of the objects that are described in place.
  private mutating func note(_ schema: JSONObject, at place: String) {
    guard let properties = schema["properties"]?.asObject else { return }
    documented[place] = Set(properties.members.map(\.key.string))
    if schema["additionalProperties"] != .bool(false) { faults.append("\(place) is open") }
    for (key, property) in properties.members {
      guard let property = property.asObject else { continue }
      if (property["description"]?.asString?.string ?? "").isEmpty {
        faults.append("\(place)/\(key.string) is not described")
      }
      note(property, at: "\(place)/\(key.string)")
    }
  }

  mutating func walk(_ value: JSONValue, _ schema: JSONObject, at place: String, path: String) {
    if let name = schema["$ref"]?.asString?.string {
      guard let target = definitions[ByteString(String(name.dropFirst("#/$defs/".count)))]?.asObject
      else { return faults.append("\(place) refers to \(name), which is not there") }
      return walk(value, target, at: name, path: path)
    }
    if let constant = schema["const"], constant != value { faults.append("\(path) is not as said") }
    if let choices = schema["enum"]?.asArray, !choices.contains(value) {
      faults.append("\(path) is none of the documented values")
    }
    if let type = schema["type"]?.asString?.string, !Self.isOf(type, value) {
      faults.append("\(path) is no \(type)")
    }
    if let object = value.asObject {
      let properties = schema["properties"]?.asObject
      for (key, member) in object.members {
        guard let property = properties?[key]?.asObject else {
          faults.append("\(path).\(key.string) is not documented")
          continue
        }
        met[place, default: []].insert(key.string)
        walk(member, property, at: "\(place)/\(key.string)", path: "\(path).\(key.string)")
      }
      for key in schema["required"]?.asArray?.compactMap(\.asString) ?? [] where object[key] == nil
      {
        faults.append("\(path).\(key.string) is missing")
      }
    }
    if let items = schema["items"]?.asObject {
      for element in value.asArray ?? [] {
        walk(element, items, at: "\(place)/items", path: "\(path)[]")
      }
    }
  }

  private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch type {
    case "object": value.asObject != nil
    case "array": value.asArray != nil
    case "string": value.asString != nil
    case "boolean": value.asBool != nil
    case "integer": value.asInt != nil
    case "number": value.asDouble != nil
    default: false
    }
  }
}

@Suite("The schema of an audit's result")
struct AuditSchemaTests {
  private let planted: Planted
  private let schema: JSONObject

  init() throws {
    planted = try Planted()
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/schemas/audit-result.schema.json")
    schema = try #require(try JSONValue.parse(Array(Data(contentsOf: path))).asObject)
  }

  /// An audit in which everything that may be there is, written as `result.json`.
  private func full() throws -> [UInt8] {
    func prompts(_ kind: PromptKind) -> AuditPrompts {
      AuditPrompts(
        Planted.prompts(30, kind).enumerated().map { index, prompt in
          AuditPrompt(prompt.messages, category: prompt.category, group: "\(kind)\(index / 2)")
        })
    }
    let (harmful, harmless) = (prompts(.harmful), prompts(.harmless))
    let verdicts = harmful.prompts.enumerated().flatMap { index, prompt in
      AuditSide.allCases.map {
        "\(prompt.digest),\($0.rawValue),\(index % 2 == 0 ? "refusal" : "partial")\n"
      }
    }
    let questions = AuditRun.Questions(
      harmful: harmful, harmless: harmless,
      utility: try withFile(
        #"{"prompt": "sun", "choices": ["It is here.", "Rain"], "answer": 0}"# + "\n",
        named: "u.jsonl"
      ) { try UtilityItems(path: $0) },
      heldOut: try withFile(
        #"{"prompt": "rain", "response": "It is here."}"# + "\n", named: "h.jsonl"
      ) { try HeldOutTexts(path: $0) },
      metric: try withFile("item,before,after\na,1,2\nb,2,2\n", named: "m.csv") {
        try MetricFile(path: $0)
      },
      probe: FrozenProbe(
        digest: String(repeating: "a", count: 64), name: "resid_post.layer_01.last",
        meaning: "harmful"
      ) { prompt, _ in Double(prompt.ids.count) },
      verdicts: try withFile("prompt,side,label\n" + verdicts.joined(), named: "v.csv") {
        try VerdictFile(path: $0, prompts: Set(harmful.prompts.map(\.digest)))
      },
      training: try withFile(#"{"prompt": "rain", "response": "It is."}"# + "\n", named: "t.jsonl")
      {
        try PromptSet(path: $0)
      })
    let sampling = SamplingPlan(samples: 2, temperature: 0.7)
    let after = try planted.aligned(with: planted.disturbance(size: 0.02))
    let modules = ModuleSet([ModuleSet.Member(.queryProjection, layer: 0)])
    let weights = try WeightReport(
      from: planted.aligned, to: after, layers: LayerRange(first: 1, last: 1),
      moduleSet: ("set", modules), threads: 2)
    let outcome = try planted.run(
      from: planted.aligned, to: after, questions, weights: weights, sampling: sampling,
      baseline: true)
    var options = planted.encoder.options
    options.system = "Be brief."
    let audit = AuditProtocol(
      questions, category: "category", split: "test", limit: 5, tokenizerDigest: "t",
      encoder: PromptEncoder(
        tokenizer: planted.encoder.tokenizer, template: planted.encoder.template, options: options),
      maxTokens: 16, sampling: sampling, precision: .f32, rules: .general, margins: AuditMargins(),
      draws: 1_000, seed: 0)
    return try AuditReport(
      outcome.result,
      manifest: AuditManifest(
        audit: audit, before: AuditedModel(planted.aligned), after: AuditedModel(after),
        metricDigest: questions.metric?.digest), toolVersion: "0", backend: "b"
    ).json()
  }

  @Test("a result in which everything is has the documented keys, all of them and no other")
  func complete() throws {
    var walk = try SchemaWalk(schema)
    let result = try JSONValue.parse(try full())
    walk.walk(result, schema, at: "#", path: "result")
    #expect(walk.faults.isEmpty, "\(walk.faults.joined(separator: "; "))")
    for (place, keys) in walk.documented {
      let missing = keys.subtracting(walk.met[place] ?? []).sorted()
      #expect(missing.isEmpty, "\(place): nothing has \(missing.joined(separator: ", "))")
    }
  }

  @Test("a result with no more than it must have the required keys, and no undocumented one")
  func least() throws {
    let questions = planted.questions(6)
    let found = try planted.run(from: planted.plain, to: planted.plain, questions)
    let report = AuditReport(
      found.result,
      manifest: AuditManifest(
        audit: planted.audit(questions), before: AuditedModel(planted.plain),
        after: AuditedModel(planted.plain)), toolVersion: "0", backend: "b")
    var walk = try SchemaWalk(schema)
    walk.walk(try JSONValue.parse(report.json()), schema, at: "#", path: "result")
    #expect(walk.faults.isEmpty, "\(walk.faults.joined(separator: "; "))")
  }

  @Test("a key that is not documented, and one that is missing, are found")
  func faults() throws {
    var walk = try SchemaWalk(schema)
    walk.walk(
      try JSONValue.parse(Array(#"{"schema": 2, "kind": "audit", "extra": 1}"#.utf8)), schema,
      at: "#", path: "result")
    for fault in [
      "result.schema is not as said", "result.extra is not documented",
      "result.manifest is missing",
    ] {
      #expect(walk.faults.contains(fault))
    }
  }
}
