import Inference
import Testing
import Tuning

@Suite("Dealing examples")
struct BatchStreamTests {
  private static let lengths = toyExamples(23).map(\.ids.count)

  private func steps(_ plan: BatchStream.Plan, epochs: Int) -> [BatchStream.Step] {
    var stream = BatchStream(lengths: Self.lengths, plan, stream: 1)
    return (0..<stream.stepCount(epochs: epochs)).map { _ in stream.next() }
  }

  @Test(
    "an epoch deals every example once, and no step crosses into the next",
    arguments: [
      BatchStream.Plan(size: .examples(5), seed: 1),
      BatchStream.Plan(size: .examples(2), accumulation: 3, seed: 2),
      BatchStream.Plan(size: .tokens(17), seed: 3),
      BatchStream.Plan(size: .tokens(1), accumulation: 4, seed: 4),
    ])
  func epochs(plan: BatchStream.Plan) {
    let steps = steps(plan, epochs: 3)
    for epoch in 0..<3 {
      let dealt = steps.filter { $0.epoch == epoch }.flatMap { $0.batches.joined() }
      #expect(dealt.sorted() == Array(Self.lengths.indices))
    }
    #expect(steps.map(\.epoch) == steps.map(\.epoch).sorted())
    for step in steps { #expect(step.batches.count <= plan.accumulation) }
  }

  @Test("a batch has no more tokens than its room, unless one example alone does")
  func tokens() {
    for step in steps(BatchStream.Plan(size: .tokens(17), seed: 3), epochs: 2) {
      for batch in step.batches {
        let tokens = batch.reduce(0) { $0 + Self.lengths[$1] }
        #expect(tokens <= 17 || batch.count == 1)
      }
    }
  }

  @Test("a seed gives the same order again, another seed and another epoch another one")
  func seeds() {
    let plan = BatchStream.Plan(size: .examples(23), seed: 1)
    let first = steps(plan, epochs: 2)
    #expect(steps(plan, epochs: 2) == first)
    #expect(first[0].batches != first[1].batches)
    #expect(
      steps(BatchStream.Plan(size: .examples(23), seed: 2), epochs: 1)[0].batches
        != first[0].batches)
    let inOrder = BatchStream.Plan(size: .examples(23), shuffles: false, seed: 1)
    #expect(steps(inOrder, epochs: 2).map(\.batches) == [[Array(0..<23)], [Array(0..<23)]])
  }

  @Test("a stream goes on from any place as if it had come there")
  func resuming() {
    let plan = BatchStream.Plan(size: .examples(4), accumulation: 2, seed: 9)
    let all = steps(plan, epochs: 3)
    var stream = BatchStream(lengths: Self.lengths, plan, stream: 1)
    for index in all.indices {
      var other = BatchStream(lengths: Self.lengths, plan, stream: 1)
      let isThere = other.resume(epoch: stream.epoch, dealt: stream.dealt)
      #expect(isThere)
      #expect(other.next() == all[index])
      #expect(stream.next() == all[index])
    }
    for (epoch, dealt) in [(-1, 0), (0, -1), (0, 24), (1 << 32, 0)] {
      let isThere = stream.resume(epoch: epoch, dealt: dealt)
      #expect(!isThere)
    }
  }

  @Test("batches hold whole examples without padding, and targets name rows before their tokens")
  func stacking() {
    let examples = toyExamples(4)
    let batch = LossBatch(examples)
    #expect(batch.batch.tokens == examples.flatMap(\.ids))
    #expect(batch.targets.count == examples.reduce(0) { $0 + $1.targetCount })
    for target in batch.targets {
      let rows = batch.batch.sequences[target.sequence].rows
      #expect(rows.contains(target.row) && rows.contains(target.row + 1))
      #expect(batch.batch.tokens[target.row + 1] == target.token)
    }
    #expect(batch.targets.map(\.row) == batch.targets.map(\.row).sorted())
  }
}
