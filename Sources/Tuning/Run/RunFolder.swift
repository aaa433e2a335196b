import Foundation
public import ModelFiles

/// The folder of a run: all it takes to repeat it, and what came of it.
///
/// | name | what |
/// |---|---|
/// | `config.yaml` | the choices, in the form that `--config` reads |
/// | `manifest.json` | digests of model and data, versions, seed |
/// | `log.jsonl` | a line for each step and each evaluation |
/// | `checkpoints/` | states to go on from |
/// | `data.jsonl`, `data.*.json` | the examples, where safety examples were mixed in |
/// | `adapter/` or `model/` | the tuned weights |
/// | `result.json` | what came of it; there only when the run is finished |
@safe public final class RunFolder {
  /// The path.
  public let path: String
  /// What the run is made of, by name, and its digest.
  let identity: JSONObject
  let identityDigest: String
  /// Held as long as this object: one process writes to a run.
  private let lock: Int32
  private var log: FileHandle?

  static let manifestName = "manifest.json"
  /// The mixed data of a run, where safety examples were mixed in.
  public static let mixedDataName = "data.jsonl"
  /// All that a run leaves, in the order in which it is removed: what says that a run is finished first, and
  /// last what says that there is one.
  private static let entries = [
    "result.json", "report.md", "report.html", "adapter", "model", TuningLog.fileName,
    mixedDataName, "data.manifest.json", "data.template.json", "checkpoints", "config.yaml",
    manifestName,
  ]

  /// How a folder that is there already is taken.
  public enum Opening: Sendable {
    /// It is refused.
    case new
    /// Its run is replaced.
    case overwriting
    /// Its run goes on; one that was killed before it wrote anything starts anew.
    case resuming
  }

  /// Makes or opens the folder of a run.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - opening: how one that is there is taken.
  ///   - identity: what the run's bytes depend on, by name.
  ///   - manifest: what else is told about the run.
  ///   - configuration: the text of `config.yaml`.
  /// - Throws: `TuningError` where the folder is not free or is another run's.
  public init(
    _ path: String, _ opening: Opening, identity: JSONObject, manifest: JSONObject,
    configuration: String
  ) throws {
    self.path = path
    self.identity = identity
    identityDigest = Digest.sha256(of: JSONValue.object(identity).text())
    try Self.check(path, opening)
    guard
      (try? FileManager.default.createDirectory(
        atPath: "\(path)/checkpoints", withIntermediateDirectories: true)) != nil
    else { throw ModelFileError.cannotWrite(path: path, step: .create, code: errno) }
    lock = try Self.takeLock(path)
    removeUnfinished()
    let manifestPath = "\(path)/\(Self.manifestName)"
    if case .resuming = opening, FileManager.default.fileExists(atPath: manifestPath) {
      try demandSameIdentity(manifestPath)
      return
    }
    if case .new = opening {} else { try Self.empty(path) }
    try write(Array(configuration.utf8), to: "config.yaml")
    let told = JSONObject([(key: "identity", value: .object(identity))] + manifest.members)
    try write(
      JSONValue.object(told).text(sorted: false) + [UInt8(ascii: "\n")], to: Self.manifestName)
  }

  deinit {
    close(lock)
  }

  /// Whether the run is finished.
  public var isFinished: Bool {
    FileManager.default.fileExists(atPath: "\(path)/result.json")
  }

  /// Refuses a folder before any work is done, as `init` would.
  public static func check(_ path: String, _ opening: Opening) throws {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if path.isEmpty || (exists && !isFolder.boolValue) {
      throw ModelFileError.cannotWrite(
        path: path, step: .create, code: path.isEmpty ? ENOENT : EEXIST)
    }
    let isRun = names.contains(manifestName)
    func isMade(_ name: String) -> Bool {
      name == "checkpoints" || name.hasPrefix(AtomicFile.temporaryPrefix)
    }
    let isEmpty = names.allSatisfy(isMade)
    switch opening {
    case .new:
      guard !exists || isEmpty else {
        throw isRun ? TuningError.runExists(folder: path) : .notARun(folder: path)
      }
    case .overwriting:
      guard isRun || isEmpty else { throw TuningError.notARun(folder: path) }
    case .resuming:
      guard exists else { throw TuningError.noRun(folder: path) }
      // One that was killed before it had a manifest has its configuration at most.
      guard isRun || names.allSatisfy({ isMade($0) || $0 == "config.yaml" }) else {
        throw TuningError.notARun(folder: path)
      }
    }
  }

  private static func empty(_ path: String) throws {
    for name in entries where FileManager.default.fileExists(atPath: "\(path)/\(name)") {
      try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    try FileManager.default.createDirectory(
      atPath: "\(path)/checkpoints", withIntermediateDirectories: true)
  }

  /// Removes what a process that was killed left half written; no other writes while the lock is held.
  private func removeUnfinished() {
    for folder in [path, "\(path)/checkpoints"] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for name in names where name.hasPrefix(AtomicFile.temporaryPrefix) {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    }
  }

  private static func takeLock(_ path: String) throws(TuningError) -> Int32 {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .inUse(folder: path)
    }
    return descriptor
  }

  private func demandSameIdentity(_ manifestPath: String) throws {
    let object = try MappedFile(path: manifestPath).jsonObject(byteLimit: 16 << 20)
    guard let earlier = object["identity"]?.asObject else {
      throw TuningError.notARun(folder: path)
    }
    func word(_ value: JSONValue?) -> String {
      guard let value else { return "nothing" }
      return value.asString?.string ?? String(decoding: value.text(), as: UTF8.self)
    }
    for (key, _) in identity.members + earlier.members where earlier[key] != identity[key] {
      throw TuningError.mismatch(
        folder: path, what: key.string, found: word(earlier[key]), expected: word(identity[key]))
    }
  }

  // MARK: Files

  /// The file with a line for each step.
  public var logPath: String { "\(path)/\(TuningLog.fileName)" }

  /// Writes a file whole, replacing one that is there.
  public func write(_ bytes: [UInt8], to name: String) throws {
    try AtomicFile.write(bytes, to: "\(path)/\(name)", overwriting: true)
  }

  /// Appends a line to the log.
  func append(_ line: JSONObject) throws {
    let log = try log ?? openLog()
    try log.write(
      contentsOf: Data(JSONValue.object(line).text(sorted: false) + [UInt8(ascii: "\n")]))
  }

  private func openLog() throws -> FileHandle {
    if !FileManager.default.fileExists(atPath: logPath) { try write([], to: TuningLog.fileName) }
    guard let log = FileHandle(forWritingAtPath: logPath) else {
      throw ModelFileError.cannotWrite(path: logPath, step: .write, code: errno)
    }
    try log.seekToEnd()
    self.log = log
    return log
  }

  /// Drops the lines of steps that are made again.
  func cutLog(afterStep step: Int) throws {
    guard let data = FileManager.default.contents(atPath: logPath) else { return }
    let kept = data.split(separator: UInt8(ascii: "\n")).prefix { line in
      guard let object = try? JSONValue.parse(Array(line)).asObject,
        let logged = object["step"]?.asInt
      else { return false }
      return logged <= step
    }
    try write(Array(kept.map { $0 + [UInt8(ascii: "\n")] }.joined()), to: TuningLog.fileName)
  }

  // MARK: Checkpoints

  /// The steps of the checkpoints, ascending.
  var checkpointSteps: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      return Int(name.dropFirst(5).dropLast(12))
    }.sorted()
  }

  /// The file of a checkpoint.
  func checkpointPath(step: Int) -> String {
    let digits = String(step)
    let padding = String(repeating: "0", count: max(0, 8 - digits.count))
    return "\(path)/checkpoints/step-\(padding)\(digits).safetensors"
  }

  /// The file of the weights with the lowest loss on held-out examples.
  var bestPath: String { "\(path)/checkpoints/best.safetensors" }

  /// Removes all checkpoints but the latest.
  func removeCheckpoints(keeping count: Int) {
    for step in checkpointSteps.dropLast(count) {
      try? FileManager.default.removeItem(atPath: checkpointPath(step: step))
    }
  }
}
