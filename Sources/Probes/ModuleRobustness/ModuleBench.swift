import Inference
import Kernels

/// The caller wanted no more readings.
struct StudyEnded: Error {}

/// How far an analysis of modules has come.
final class StudyProgress {
  private var done = 0
  /// About how many readings there will be.
  private let expected: Int
  private let onReading: (_ done: Int, _ expected: Int) -> Bool

  init(expected: Int, _ onReading: @escaping (_ done: Int, _ expected: Int) -> Bool) {
    self.expected = expected
    self.onReading = onReading
  }

  /// Counts a reading; throws where the caller wants no more.
  func advance() throws {
    done += 1
    if !onReading(done, max(done, expected)) { throw StudyEnded() }
  }
}

/// Reads prompts with disturbed modules of one model, and judges them by classifiers that stay as they are.
final class ModuleBench {
  let suffix: SuffixBench
  let labels: [Int]
  let classifiers: StudyClassifiers
  /// How well security is told with nothing disturbed.
  let clean: SeparationFigures
  private let subject: String
  private let modules: DisturbedModules
  private let draws: ModuleDraws
  private let threads: Int
  private let log: ReadingLog?
  private let progress: StudyProgress
  private var cache = ModuleCache()

  /// Prepares to disturb a model.
  ///
  /// - Parameters:
  ///   - subject: what the log calls the model.
  ///   - suffix: the prompts with the model.
  ///   - labels: the prompts' classes.
  ///   - classifiers: what judges.
  ///   - modules: makes disturbed matrices of the model's weights.
  ///   - seed: fixes the draws.
  ///   - threads: how many modules are disturbed at a time.
  ///   - log: keeps readings; nil keeps none.
  ///   - progress: is told of each.
  init(
    _ subject: String, _ suffix: SuffixBench, labels: [Int], _ classifiers: StudyClassifiers,
    _ modules: DisturbedModules, seed: UInt64, threads: Int, log: ReadingLog?,
    progress: StudyProgress
  ) {
    self.subject = subject
    self.suffix = suffix
    self.labels = labels
    self.classifiers = classifiers
    clean = SeparationFigures(scores: classifiers.security.scores(suffix.clean), labels: labels)
    self.modules = modules
    draws = ModuleDraws(seed: seed)
    self.threads = threads
    self.log = log
    self.progress = progress
  }

  /// How well the control is told with nothing disturbed.
  var control: ControlProbe? {
    classifiers.control.map {
      ControlProbe(
        label: $0.label,
        figures: SeparationFigures(scores: $0.probe.scores(suffix.clean), labels: $0.labels))
    }
  }

  /// How well security is told by some logits.
  func figures(security scores: [Double]) -> SeparationFigures {
    SeparationFigures(scores: scores, labels: labels)
  }

  /// Reads the prompts with some modules disturbed.
  ///
  /// - Parameters:
  ///   - members: the modules.
  ///   - disturbance: what is done to each.
  ///   - draw: which draw, for those that are drawn.
  /// - Returns: what was read, now or before.
  /// - Throws: `ModelFileError` where weights cannot be read; `StudyEnded`.
  func reading(
    _ members: [ModuleSet.Member], _ disturbance: ModuleDisturbance, draw: Int = 0
  ) throws -> ModuleReading {
    let key = ModuleReading.Key(
      subject: subject, disturbance: disturbance,
      modules: ModuleSet(members).members.map(\.description).joined(separator: " "), draw: draw)
    let known = log?.reading(key)
    let reading = try known ?? read(members, key)
    if known == nil { try log?.append(reading) }
    try progress.advance()
    return reading
  }

  /// The share of class 1 that decides, with some modules disturbed.
  func decisiveRecall(
    _ members: [ModuleSet.Member], _ disturbance: ModuleDisturbance, draw: Int = 0
  ) throws -> Double {
    figures(security: try reading(members, disturbance, draw: draw).security)
      .decisiveRecall(from: clean)
  }

  private func read(
    _ members: [ModuleSet.Member], _ key: ModuleReading.Key
  ) throws -> ModuleReading {
    let found = try disturbed(members, key.disturbance, draw: key.draw)
    let replaced = ReplacedModules(found.mapValues(\.packed))
    let rows = try suffix.rows(replacing: replaced)
    let security = classifiers.security.scores(rows)
    let control = classifiers.control?.probe.scores(rows) ?? []
    let isFinite = security.allSatisfy(\.isFinite) && control.allSatisfy(\.isFinite)
    let change = FeatureChange(from: suffix.clean, to: rows)
    return ModuleReading(
      key: key, security: isFinite ? security : security.map { _ in 0 },
      control: isFinite ? control : control.map { _ in 0 },
      cosine: isFinite ? change.cosine : 0, relativeChange: isFinite ? change.relative : 0,
      weightChange: ModuleSet(members).members.reduce(0.0) { $0 + (found[$1]?.changeSquares ?? 0) }
        .squareRoot(), isFinite: isFinite)
  }

  private func disturbed(
    _ members: [ModuleSet.Member], _ disturbance: ModuleDisturbance, draw: Int
  ) throws -> [ModuleSet.Member: DisturbedModule] {
    cache.prepare(disturbance, draw: draw)
    let direction = draws.direction(draw)
    let missing = members.filter { cache[$0] == nil }
    let made = try parallelMap(count: missing.count, threads: threads) { [modules, suffix] index in
      try modules.module(missing[index], disturbance, direction, for: suffix.decoder)
    }
    var found: [ModuleSet.Member: DisturbedModule] = [:]
    for member in members { found[member] = cache[member] }
    for (member, module) in zip(missing, made) {
      found[member] = module
      cache.keep(member, module)
    }
    return found
  }
}

/// The random numbers of each draw.
struct ModuleDraws {
  let seed: UInt64

  /// Those of one draw, of which every module has its own.
  func direction(_ draw: Int) -> WeightDirection {
    var seeds = SeededGenerator(seed: seed, stream: .moduleDraws)
    for _ in 0..<draw { _ = seeds.next() }
    return WeightDirection(seed: seeds.next())
  }
}

/// Disturbed matrices of one disturbance and draw, as far as there is room.
private struct ModuleCache {
  private static let byteLimit = 1 << 29
  private var disturbance: ModuleDisturbance?
  private var draw = 0
  private var modules: [ModuleSet.Member: DisturbedModule] = [:]
  private var byteCount = 0

  subscript(_ member: ModuleSet.Member) -> DisturbedModule? { modules[member] }

  /// Forgets what is of another disturbance or draw.
  mutating func prepare(_ disturbance: ModuleDisturbance, draw: Int) {
    if self.disturbance == disturbance, self.draw == draw { return }
    self = ModuleCache()
    (self.disturbance, self.draw) = (disturbance, draw)
  }

  mutating func keep(_ member: ModuleSet.Member, _ module: DisturbedModule) {
    guard byteCount + module.packed.byteCount <= Self.byteLimit else { return }
    byteCount += module.packed.byteCount
    modules[member] = module
  }
}
