import Foundation
public import Inference
public import ModelFiles

/// A mixed training set as files: the set, what it was made of, and the form that was learned.
public struct MixedFiles: Sendable {
  /// The mix.
  public let mix: SafetyMix
  /// What it was made of.
  public let manifest: MixManifest
  /// The bytes of the mixed set, a line an example.
  public let lines: [UInt8]
  /// The path of the mixed set.
  public let output: String

  /// The names that writing takes: the set, the manifest and the template.
  public static func names(output: String) -> [String] {
    let stem = output.lowercased().hasSuffix(".jsonl") ? String(output.dropLast(6)) : output
    return [output, stem + ".manifest.json", stem + ".template.json"]
  }

  /// Mixes two files.
  ///
  /// - Parameters:
  ///   - user: the user's examples, whose lines are kept byte for byte.
  ///   - safety: the safety examples.
  ///   - request: how.
  ///   - output: the path of the mixed set.
  ///   - rules: what counts as a refusal.
  ///   - length: how answers are measured.
  ///   - toolVersion: the version that the manifest names.
  /// - Throws: `MixingError` where there is nothing to learn from or to mix in.
  public init(
    user: ExchangeFile, safety: ExchangeFile, request: MixingRequest, output: String,
    rules: RefusalRules = .general, length: TextLength = .words, toolVersion: String
  ) throws(MixingError) {
    do {
      mix = try SafetyMix(
        user: user.rows.map(\.exchange), userAnswers: user.rows.map(\.answer),
        safety: safety.rows.map { row in
          row.exchange.map {
            SafetyExample(id: row.id, exchange: $0, isRedirection: row.isRedirection)
          }
        }, request: request, rules: rules, length: length)
    } catch {
      switch error {
      case .noExchanges: throw .noExchanges(path: user.path)
      case .nothingToMix(_, let count, let rejections):
        throw .nothingToMix(path: safety.path, count: count, rejections: rejections)
      case .notJSONL, .line, .rate: throw error
      }
    }
    self.output = output
    let names = Set(user.rows.map(\.id))
    var written: [UInt8] = []
    var added: [MixManifest.Added] = []
    for (place, item) in mix.items.enumerated() {
      switch item {
      case .user(let index): written += user.rows[index].bytes
      case .added(let example):
        added.append(
          MixManifest.Added(
            line: place + 1, index: example.index, id: example.id, options: example.options,
            cut: example.isCut))
        written += Self.line(
          example.exchange, id: Self.unused("safety-\(added.count)", in: names),
          source: "safety-\(request.arm.rawValue)", asMessages: user.usesMessages)
      }
      written.append(UInt8(ascii: "\n"))
    }
    lines = written
    manifest = MixManifest(
      schema: MixManifest.schema, tool: toolVersion, arm: request.arm, seed: request.seed,
      stratified: request.isStratified, rate: request.rate,
      rateByExamples: Double(added.count) / Double(user.rows.count),
      rateByAnswerLength: mix.rateByAnswerLength, lengthUnit: length.unit,
      shareOfTotal: Double(added.count) / Double(mix.items.count),
      repeatFactor: mix.repeatFactor,
      rejections: Dictionary(
        uniqueKeysWithValues: mix.rejections.map { ($0.key.rawValue, $0.value) }),
      formatMatch: mix.formatMatch, format: mix.format.finding,
      refusalRules: "\(rules.name)-\(rules.version)", refusalRulesDigest: rules.digest,
      data: .init(path: user.path, sha256: user.digest, examples: user.rows.count),
      safety: .init(path: safety.path, sha256: safety.digest, examples: safety.rows.count),
      mixed: .init(
        path: output, sha256: Digest.sha256(of: written), examples: mix.items.count),
      riskyStyles: mix.riskyStyles, warnings: mix.warnings, added: added)
  }

  /// Writes the three files, the set last.
  ///
  /// - Parameter overwriting: whether files of these names are replaced; otherwise they are an error, and
  ///   what was written beside them is taken away.
  /// - Throws: `ModelFileError` where a name is taken or a file cannot be written.
  public func write(overwriting: Bool = false) throws {
    let names = Self.names(output: output)
    if !overwriting { try Self.demandFree(output: output) }
    var made: [String] = []
    do {
      for (name, bytes) in [
        (names[2], try Self.json(mix.format)), (names[1], try Self.json(manifest)),
        (names[0], lines),
      ] {
        try AtomicFile.write(bytes, to: name, overwriting: overwriting)
        made.append(name)
      }
    } catch {
      if !overwriting { for name in made { try? FileManager.default.removeItem(atPath: name) } }
      throw error
    }
  }

  /// Refuses names that are taken.
  ///
  /// - Throws: `ModelFileError` that names the file.
  public static func demandFree(output: String) throws(ModelFileError) {
    for name in names(output: output) where FileManager.default.fileExists(atPath: name) {
      throw .outputExists(path: name)
    }
  }

  private static func line(
    _ exchange: Exchange, id: String, source: String, asMessages: Bool
  ) -> [UInt8] {
    var members: [(key: ByteString, value: JSONValue)] = [("id", .string(id))]
    if asMessages || exchange.system != nil {
      let turns = [
        exchange.system.map { ("system", $0) }, ("user", exchange.user),
        ("assistant", exchange.answer),
      ].compactMap(\.self)
      members.append(
        (
          "messages",
          .array(turns.map { ["role": .string($0.0), "content": .string($0.1)] })
        ))
    } else {
      members += [("prompt", .string(exchange.user)), ("response", .string(exchange.answer))]
    }
    members.append(("source", .string(source)))
    return JSONValue.object(JSONObject(members)).text(sorted: false)
  }

  /// A name that none of the user's examples has.
  private static func unused(_ name: String, in names: Set<String>) -> String {
    var name = name
    while names.contains(name) { name = "added-" + name }
    return name
  }

  private static func json(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
  }
}
