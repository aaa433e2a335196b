import Kernels

/// The products of a decoder's blocks, every block with packed weights of its own, and nothing else: what no
/// engine on this machine and this library can be faster than.
struct Chain {
  let name: String
  let layers: Int
  /// `(in, out)` of each product of a block.
  let shapes: [(Int, Int)]

  /// SmolLM2-135M: q, k, v, o, gate, up, down.
  static let smolLM2 = Chain(
    name: "SmolLM2-135M, 30 blocks", layers: 30,
    shapes: [
      (576, 576), (576, 192), (576, 192), (576, 576), (576, 1536), (576, 1536), (1536, 576),
    ])

  /// Floating-point operations for one row.
  var operationsPerRow: Int { layers * shapes.reduce(0) { $0 + 2 * $1.0 * $1.1 } }

  /// Rows per second of the best of several rounds.
  func rowsPerSecond(precision: Precision, rows: Int, threads: Int, rounds: Int) -> Double {
    guard let engine = MatrixEngine(precision: precision) else { return .nan }
    let weights = (0..<layers).map { _ in
      shapes.compactMap { PackedWeights(FloatMatrix(rows: $0.1, width: $0.0), engine: engine) }
    }
    let workers = (0..<threads).map { _ in Buffers(shapes, rows: rows) }
    let tiles = 2048 / rows
    var best = Duration.seconds(1000)
    for _ in 0..<rounds {
      let time = ContinuousClock().measure {
        for block in weights {
          parallelFor(count: tiles, workers: workers) { _, buffers in buffers.run(block, rows: rows) }
        }
      }
      best = min(best, time)
    }
    return Double(tiles * rows) / (best / .seconds(1))
  }

  /// One thread's inputs and outputs.
  private final class Buffers: @unchecked Sendable {
    // Sendable: each thread has its own.
    private var inputs: [Int: Box] = [:]
    private var scratch = ProductScratch()

    private final class Box {
      var matrix: FloatMatrix
      init(rows: Int, width: Int) { matrix = FloatMatrix(rows: rows, width: width) }
    }

    init(_ shapes: [(Int, Int)], rows: Int) {
      for width in shapes.flatMap({ [$0.0, -$0.1] }) {
        inputs[width] = Box(rows: rows, width: abs(width))
      }
    }

    func run(_ block: [PackedWeights], rows: Int) {
      for weights in block {
        guard let input = inputs[weights.inputWidth], let output = inputs[-weights.outputWidth]
        else { continue }
        weights.multiply(
          input.matrix, rows: 0..<rows, into: &output.matrix, scratch: &scratch)
      }
    }
  }
}
