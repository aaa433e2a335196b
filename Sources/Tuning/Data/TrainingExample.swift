public import Inference
public import Tokenization

/// A conversation as a model reads it, and which of its tokens the model is to learn to write.
public struct TrainingExample: Sendable, Equatable {
  /// The line of the file it starts on, counted from 1.
  public let line: Int
  /// Its name in the file.
  public let id: String
  /// Token ids.
  public private(set) var ids: [Int32]
  /// What each token belongs to, `[token]`.
  public private(set) var roles: [PositionRole]
  /// Whether each token counts in the loss, `[token]`; never the first, which nothing comes before.
  public private(set) var carriesLoss: [Bool]

  /// An example of given tokens.
  public init(line: Int, id: String, ids: [Int32], roles: [PositionRole], carriesLoss: [Bool]) {
    precondition(
      !ids.isEmpty && ids.count == roles.count && ids.count == carriesLoss.count,
      "\(ids.count) tokens, \(roles.count) roles, \(carriesLoss.count) marks")
    self.line = line
    self.id = id
    self.ids = ids
    self.roles = roles
    self.carriesLoss = carriesLoss
    self.carriesLoss[0] = false
  }

  /// How many tokens count in the loss.
  public var targetCount: Int { carriesLoss.count { $0 } }

  /// The first tokens of an example.
  func prefix(_ count: Int) -> TrainingExample {
    TrainingExample(
      line: line, id: id, ids: Array(ids.prefix(count)), roles: Array(roles.prefix(count)),
      carriesLoss: Array(carriesLoss.prefix(count)))
  }
}

extension LossBatch {
  /// Stacks whole examples without padding.
  public init(_ examples: some Sequence<TrainingExample>) {
    var batch = TokenBatch()
    var targets: [LossTarget] = []
    for example in examples {
      let first = batch.tokens.count
      let sequence = batch.sequences.count
      batch.append(example.ids, roles: example.roles)
      for position in example.ids.indices where example.carriesLoss[position] {
        targets.append(
          LossTarget(
            row: first + position - 1, token: example.ids[position], sequence: sequence))
      }
    }
    self.init(batch: batch, targets: targets)
  }
}
