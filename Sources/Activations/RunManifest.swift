public import Foundation
public import ModelFiles

/// What is told about the run that wrote a store, in a file beside it.
///
/// None of it may change the store's bytes; that is why it is not inside.
public struct RunManifest: Sendable {
  /// How the run was made, as far as its caller knows.
  public struct Conditions: Sendable {
    /// When the run that finished the store began.
    public var started: Date
    /// The name of the machine.
    public var host: String
    /// The command line, without secrets.
    public var commandLine: [String]
    /// The number of threads that computed.
    public var threadCount: Int
    /// The most bytes of memory it was to use, if there was a limit.
    public var memoryBudget: Int?
    /// Whether shared beginnings of prompts were computed once.
    public var sharesPrefixes: Bool
    /// The number of shards the whole was divided into.
    public var shardCount: Int
    /// How prompts were put together, as the engine describes it.
    public var batchPlan: JSONObject
    /// How long the parts of the run took, in seconds.
    public var timings: JSONObject
    /// The stores that were merged, where nothing was computed.
    var sources: [StoreSource] = []
    /// The files that were imported, where nothing was computed.
    var imports: [ImportedFile] = []

    /// Describes a merging run.
    public init(merging started: Date, host: String, commandLine: [String]) {
      self.init(
        started: started, host: host, commandLine: commandLine, threadCount: 1,
        sharesPrefixes: false)
    }

    /// Describes a run that imports.
    public init(
      importing imports: [ImportedFile], started: Date, host: String, commandLine: [String]
    ) {
      self.init(
        started: started, host: host, commandLine: commandLine, threadCount: 1,
        sharesPrefixes: false)
      self.imports = imports
    }

    /// Describes a run.
    public init(
      started: Date, host: String, commandLine: [String], threadCount: Int,
      memoryBudget: Int? = nil,
      sharesPrefixes: Bool, shardCount: Int = 1, batchPlan: JSONObject = [:],
      timings: JSONObject = [:]
    ) {
      self.started = started
      self.host = host
      self.commandLine = commandLine
      self.threadCount = threadCount
      self.memoryBudget = memoryBudget
      self.sharesPrefixes = sharesPrefixes
      self.shardCount = shardCount
      self.batchPlan = batchPlan
      self.timings = timings
    }
  }

  /// How the run was made.
  public let conditions: Conditions
  /// When the store was whole.
  public let finished: Date
  /// The name of the store's file.
  public let fileName: String
  /// The bytes of the store.
  public let fileByteCount: Int
  /// The SHA-256 of the store's bytes, in hexadecimal.
  public let fileDigest: String
  /// The digest of the store's identity.
  public let identityDigest: String
  /// What the store holds.
  public let counts: StoreCounts
  /// The commit units that an earlier run had written.
  public let keptUnitCount: Int

  /// The manifest as JSON, members in a fixed order.
  var json: JSONObject {
    let told: JSONObject = [
      "file": .string(fileName),
      "bytes": JSONValue(integerLiteral: fileByteCount),
      "sha256": .string(fileDigest),
      "identity_sha256": .string(identityDigest),
      "counts": .object(counts.json),
      "units_kept": JSONValue(integerLiteral: keptUnitCount),
      "started": .string(Self.text(conditions.started)),
      "finished": .string(Self.text(finished)),
      "host": .string(conditions.host),
      "command_line": .array(conditions.commandLine.map { .string($0) }),
    ]
    return JSONObject(told.members + conditions.json.members)
  }

  private static func text(_ date: Date) -> String {
    date.formatted(.iso8601)
  }

  /// Writes the manifest, replacing one that is there.
  func write(to path: String) throws(ActivationStoreError) {
    do {
      let text = JSONValue.object(json).text(sorted: false) + [UInt8(ascii: "\n")]
      try AtomicFile.write(text, to: path, overwriting: true)
    } catch {
      throw .manifest(path: path, reason: "\(error)")
    }
  }
}

extension RunManifest.Conditions {
  /// How values were computed, or what was merged or imported.
  fileprivate var json: JSONObject {
    guard sources.isEmpty else { return ["merged_from": .array(sources.map { .object($0.json) })] }
    guard imports.isEmpty else {
      return ["imported_from": .array(imports.map { .object($0.json) })]
    }
    return [
      "threads": JSONValue(integerLiteral: threadCount),
      "memory_budget": memoryBudget.map { JSONValue(integerLiteral: $0) } ?? .null,
      "prefix_sharing": .bool(sharesPrefixes),
      "shards": JSONValue(integerLiteral: shardCount),
      "batch_plan": .object(batchPlan),
      "timings": .object(timings),
    ]
  }
}

extension ImportedFile {
  fileprivate var json: JSONObject {
    [
      "file": .string(name),
      "bytes": JSONValue(integerLiteral: byteCount),
      "sha256": .string(digest),
    ]
  }
}

extension StoreSource {
  fileprivate var json: JSONObject {
    [
      "file": .string(name),
      "bytes": JSONValue(integerLiteral: byteCount),
      "sha256": .string(digest),
      "shard": .array([
        JSONValue(integerLiteral: shard.lowerBound), JSONValue(integerLiteral: shard.upperBound),
      ]),
    ]
  }
}

/// What a store holds, counted in its file.
public struct StoreCounts: Sendable, Equatable {
  /// The number of prompts.
  public internal(set) var promptCount = 0
  /// The number of tokens of all prompts.
  public internal(set) var tokenCount = 0
  /// The number of rows of each dataset.
  public internal(set) var rowCount = 0
  /// The number of commit units.
  public internal(set) var unitCount = 0
  /// The prompts for which the model gave a value that is not finite.
  public internal(set) var nonFinitePromptCount = 0
  /// The prompts with a finite value too large for the stored type.
  public internal(set) var overflowPromptCount = 0
  /// The stored values that are not finite, by dataset, where there are any.
  public internal(set) var nonFiniteValues: [String: Int] = [:]

  var json: JSONObject {
    [
      "prompts": JSONValue(integerLiteral: promptCount),
      "tokens": JSONValue(integerLiteral: tokenCount),
      "rows": JSONValue(integerLiteral: rowCount),
      "units": JSONValue(integerLiteral: unitCount),
      "non_finite_prompts": JSONValue(integerLiteral: nonFinitePromptCount),
      "overflow_prompts": JSONValue(integerLiteral: overflowPromptCount),
      "non_finite_values": .object(
        JSONObject(
          nonFiniteValues.sorted { $0.key < $1.key }.map {
            (key: ByteString($0.key), value: JSONValue(integerLiteral: $0.value))
          })),
    ]
  }
}
