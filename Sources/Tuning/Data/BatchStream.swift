import Inference

/// Deals examples out to steps, epoch after epoch, each in an order of its own.
public struct BatchStream: Sendable {
  /// How many examples make a batch.
  public enum Size: Sendable, Equatable {
    /// A number of examples.
    case examples(Int)
    /// As many examples as this number of tokens has room for, at least one.
    case tokens(Int)
  }

  /// How a stream deals.
  public struct Plan: Sendable, Equatable {
    /// How many examples make a batch.
    public var size: Size
    /// How many batches make a step.
    public var accumulation: Int
    /// Whether every epoch has an order of its own; otherwise all have that of the file.
    public var shuffles: Bool
    /// Fixes the orders.
    public var seed: UInt64

    /// Describes dealing.
    public init(
      size: Size = .examples(8), accumulation: Int = 1, shuffles: Bool = true, seed: UInt64 = 0
    ) {
      self.size = size
      self.accumulation = accumulation
      self.shuffles = shuffles
      self.seed = seed
    }
  }

  /// What a step gets.
  public struct Step: Sendable, Equatable {
    /// Indices of examples, batch by batch.
    public let batches: [[Int]]
    /// The epoch, counted from 0.
    public let epoch: Int
  }

  private let lengths: [Int]
  private let plan: Plan
  private let stream: UInt64
  /// The epoch under way, counted from 0.
  public private(set) var epoch = 0
  /// How many examples of the epoch were dealt.
  public private(set) var dealt = 0
  private var order: [Int]

  /// Starts at the first epoch.
  ///
  /// - Parameters:
  ///   - lengths: tokens of each example, at least one example.
  ///   - plan: how they are dealt.
  ///   - stream: what tells the orders of one stream from those of another.
  package init(lengths: [Int], _ plan: Plan, stream: UInt64) {
    precondition(!lengths.isEmpty, "no examples to deal")
    self.lengths = lengths
    self.plan = plan
    self.stream = stream
    order = []
    order = makeOrder()
  }

  /// A stream of examples.
  init(_ examples: [TrainingExample], _ plan: Plan, stream: UInt64) {
    self.init(lengths: examples.map(\.ids.count), plan, stream: stream)
  }

  /// Goes on from a place; false where the stream has no such place.
  package mutating func resume(epoch: Int, dealt: Int) -> Bool {
    guard (0..<Self.epochLimit).contains(epoch), (0...lengths.count).contains(dealt) else {
      return false
    }
    begin(epoch: epoch, dealt: dealt)
    return true
  }

  /// The number of orders before those of the next stream.
  private static let epochLimit = 1 << 32

  private mutating func begin(epoch: Int, dealt: Int) {
    self.epoch = epoch
    self.dealt = dealt
    order = makeOrder()
  }

  /// The next step; none crosses from one epoch to the next.
  package mutating func next() -> Step {
    if dealt == order.count {
      begin(epoch: epoch + 1, dealt: 0)
    }
    var batches: [[Int]] = []
    while batches.count < plan.accumulation, dealt < order.count {
      let count = batchCount(from: dealt)
      batches.append(Array(order[dealt..<dealt + count]))
      dealt += count
    }
    return Step(batches: batches, epoch: epoch)
  }

  /// How many steps some epochs take.
  package func stepCount(epochs: Int) -> Int {
    var stream = self
    stream.begin(epoch: 0, dealt: 0)
    var steps = 0
    for _ in 0..<epochs {
      repeat {
        _ = stream.next()
        steps += 1
      } while stream.dealt < lengths.count
    }
    return steps
  }

  private func batchCount(from start: Int) -> Int {
    switch plan.size {
    case .examples(let count): return min(count, order.count - start)
    case .tokens(let most):
      var end = start
      var tokens = 0
      while end < order.count, end == start || tokens + lengths[order[end]] <= most {
        tokens += lengths[order[end]]
        end += 1
      }
      return end - start
    }
  }

  private func makeOrder() -> [Int] {
    var order = Array(lengths.indices)
    guard plan.shuffles else { return order }
    var generator = SeededGenerator(seed: plan.seed, stream: stream + UInt64(epoch))
    generator.shuffle(&order)
    return order
  }
}
