import Foundation
import Inference
import TestSupport
import Testing
import Tuning

@Suite("Optimisers and schedules")
struct OptimizerTests {
  @Test(
    "ten steps are those of torch.optim.AdamW",
    arguments: [("plain", 1e-2, 0), ("decayed", 3e-3, 0.1)])
  func adamw(name: String, rate: Double, decay: Double) throws {
    let golden = try GoldenTensors("tuning/adamw.safetensors")
    let gradients = try golden.floats("gradients")
    let expected = try golden.floats("\(name).weights")
    let tensor = TrainableTensor(
      name: "w", module: .queryProjection, layer: 0, shape: [5, 7])
    tensor.values.assign(try golden.floats("start"))
    let schedule = LearningRateSchedule(.linear, warmUpSteps: 2, stepCount: 10)
    let optimizer = AdamW(tensorCount: 1)
    for step in 0..<10 {
      tensor.gradient.assign(Array(gradients[step * 35..<(step + 1) * 35]))
      optimizer.update(
        tensor, index: 0, rate: rate * schedule.share(at: step), decay: decay)
      expectClose(
        tensor.values.array(), Array(expected[step * 35..<(step + 1) * 35]), .kernel,
        "\(name), step \(step)")
    }
  }

  @Test("an optimiser that remembers from arrays goes on with the same bits")
  func memory() throws {
    let golden = try GoldenTensors("tuning/adamw.safetensors")
    let gradients = try golden.floats("gradients")
    func tensor() throws -> TrainableTensor {
      let tensor = TrainableTensor(name: "w", module: .queryProjection, layer: 0, shape: [5, 7])
      tensor.values.assign(try golden.floats("start"))
      return tensor
    }
    func move(_ tensor: TrainableTensor, _ optimizer: AdamW, _ steps: Range<Int>) {
      for step in steps {
        tensor.gradient.assign(Array(gradients[step * 35..<(step + 1) * 35]))
        optimizer.update(tensor, index: 0, rate: 1e-2, decay: 0.1)
      }
    }
    let whole = try tensor()
    move(whole, AdamW(tensorCount: 1), 0..<10)
    let parted = try tensor()
    let first = AdamW(tensorCount: 1)
    move(parted, first, 0..<4)
    let memory = try #require(first.memory(of: 0))
    let second = AdamW(tensorCount: 1)
    #expect(second.memory(of: 0) == nil)
    second.remember(parted, index: 0, updates: memory.updates, matrices: memory.matrices)
    move(parted, second, 4..<10)
    #expect(parted.values.array() == whole.values.array())
  }

  private struct Schedules: Decodable {
    struct Schedule: Decodable {
      let course: LearningRateSchedule.Course
      let warmUp: Int
      let steps: Int
      let shares: [Double]
    }

    let schedules: [Schedule]
  }

  @Test("schedules are those of transformers")
  func schedules() throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("tuning/schedules.json")))
    for golden in try decoder.decode(Schedules.self, from: data).schedules {
      let schedule = LearningRateSchedule(
        golden.course, warmUpSteps: golden.warmUp, stepCount: golden.steps)
      for (step, share) in golden.shares.enumerated() {
        let found = schedule.share(at: step)
        #expect(
          abs(found - share) <= 1e-12,
          "\(golden.course) \(golden.warmUp)/\(golden.steps), step \(step): \(found), not \(share)")
      }
    }
  }
}
