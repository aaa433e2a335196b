import Inference

/// Prompts to fit classifiers on, and prompts of other groups to judge disturbances by.
struct StudyPrompts {
  let training: ModelChecks
  let judged: ModelChecks
  /// All prompts that no classifier is fitted on.
  let heldOut: ModelChecks
  /// What the user wrote.
  private let texts: (training: [String], judged: [String])

  /// Draws prompts of both classes from the part to fit on and the part to report on.
  init(
    _ checks: ModelChecks, texts: [String], parts: [PromptPart], _ options: ModuleOptions
  ) throws {
    precondition(texts.count == checks.prompts.count, "\(texts.count) texts")
    func drawn(_ part: PromptPart, _ count: Int) throws -> [Int] {
      let members = checks.indices(of: part, parts)
      let ofPart = try checks.restricted(to: members)
      return [1, 0].flatMap { label in
        ofPart.sample(ofClass: label, count: count, stream: .modulePrompts).map { members[$0] }
      }
    }
    let fitted = try drawn(.train, options.trainingPerClass)
    let reported = try drawn(.test, options.testPerClass)
    training = try checks.restricted(to: fitted)
    judged = try checks.restricted(to: reported)
    heldOut = try checks.restricted(to: parts.indices.filter { parts[$0] != .train })
    self.texts = (fitted.map { texts[$0] }, reported.map { texts[$0] })
  }

  private init(_ other: StudyPrompts, with decoder: Decoder) throws {
    training = try other.training.with(decoder)
    judged = try other.judged.with(decoder)
    heldOut = try other.heldOut.with(decoder)
    texts = other.texts
  }

  /// The same prompts with another model.
  func with(_ decoder: Decoder) throws -> StudyPrompts { try StudyPrompts(self, with: decoder) }

  /// The labels of the judged prompts.
  var labels: [Int] { judged.prompts.map(\.label) }

  /// What a control says of the prompts to fit on and of those to judge by.
  func labels(of control: ControlLabel) -> (training: [Int], judged: [Int]) {
    (
      control.labels(training.prompts, texts: texts.training),
      control.labels(judged.prompts, texts: texts.judged)
    )
  }

  /// How well a classifier does on all prompts that none is fitted on.
  ///
  /// - Throws: `ModelFileError` where weights cannot be read.
  func heldOutFigures(of probe: SeparationProbe) throws -> SeparationFigures {
    let site = HookSite(.residPost, layer: heldOut.decoder.description.layerCount - 1)
    let rows = try heldOut.lastRows(of: Array(heldOut.prompts.indices), at: [site])[0]
    return SeparationFigures(scores: probe.scores(rows), labels: heldOut.prompts.map(\.label))
  }

  /// How many prompts there are.
  var sample: StudySample {
    StudySample(
      trainingPositives: training.prompts.count { $0.label == 1 },
      trainingNegatives: training.prompts.count { $0.label == 0 },
      heldOut: heldOut.prompts.count, positives: labels.count { $0 == 1 },
      negatives: labels.count { $0 == 0 },
      groups: Clusters(judged.prompts).count)
  }
}

/// How many prompts an analysis of modules was made on.
public struct StudySample: Codable, Sendable, Equatable {
  /// Prompts of class 1 that the classifiers were fitted on.
  public let trainingPositives: Int
  /// Prompts of class 0 that they were fitted on.
  public let trainingNegatives: Int
  /// Prompts that no classifier was fitted on.
  public let heldOut: Int
  /// Prompts of class 1 that disturbances were judged by.
  public let positives: Int
  /// Prompts of class 0 that they were judged by.
  public let negatives: Int
  /// Clusters of those that share a group, a pair or their text.
  public let groups: Int
}
