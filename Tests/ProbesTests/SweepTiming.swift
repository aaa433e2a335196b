import Foundation
import Kernels
import Probes
import Testing

/// Times the sweep of `Benchmarks/sweep.py`, which sets `PLUMB_SWEEP` to a folder with the data.
///
/// Here rather than in the nested package, because what is timed is no public function.
@Suite("Sweep", .enabled(if: ProcessInfo.processInfo.environment["PLUMB_SWEEP"] != nil))
struct SweepTiming {
  private struct Plan: Decodable {
    let layers: Int
    let rows: Int
    let width: Int
    let labels: [Int]
    let folds: [Int]
    let penalties: [Double]
  }

  private struct Layer: Encodable {
    let penalty: Double
    let losses: [Double]
    let weights: [Double]
    let bias: Double
  }

  private struct Outcome: Encodable {
    let seconds: Double
    let layers: [Layer]
  }

  @Test("fits five folds at ten penalties at every layer")
  func sweep() throws {
    let folder = URL(
      filePath: try #require(ProcessInfo.processInfo.environment["PLUMB_SWEEP"]),
      directoryHint: .isDirectory)
    let plan = try JSONDecoder().decode(
      Plan.self, from: Data(contentsOf: folder.appending(path: "plan.json")))
    let bytes = try Data(contentsOf: folder.appending(path: "features.f32"))
    let values = unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
    useSingleThreadedBLAS()
    let start = ContinuousClock.now
    let layers = try parallelMap(count: plan.layers, threads: 2) { layer in
      let size = plan.rows * plan.width
      return try Self.sweep(Array(values[layer * size..<(layer + 1) * size]), plan)
    }
    let took = start.duration(to: .now) / .seconds(1)
    try JSONEncoder().encode(Outcome(seconds: took, layers: layers))
      .write(to: folder.appending(path: "plumb.json"))
  }

  private static func sweep(_ values: [Float], _ plan: Plan) throws -> Layer {
    let features = DoubleMatrix(values, width: plan.width)
    let folds = Folds(indices: plan.folds)
    let every = Array(0..<folds.count)
    let path = LogisticPath(
      features, labels: plan.labels, folds: folds,
      trained: every.map { fold in every.filter { $0 != fold } } + [every], isScaled: true)
    var losses: [Double] = []
    var whole: [LinearProbe] = []
    for penalty in plan.penalties {
      let fits = try path.fit(penalty: penalty)
      var loss = 0.0
      for fold in every {
        let scores = fits[fold].scores
        for row in folds.rows(in: fold) {
          loss += logLoss(score: scores[row], label: Double(plan.labels[row]))
        }
      }
      losses.append(loss)
      whole.append(fits[folds.count].probe)
    }
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
    return Layer(
      penalty: plan.penalties[best], losses: losses, weights: whole[best].weights,
      bias: whole[best].bias)
  }
}
