import Kernels

/// One product of a named model.
struct ProductCase {
  let name: String
  let inner: Int
  let columns: Int

  static let all = [
    ProductCase(name: "SmolLM2-135M q, o", inner: 576, columns: 576),
    ProductCase(name: "SmolLM2-135M k, v", inner: 576, columns: 192),
    ProductCase(name: "SmolLM2-135M gate, up", inner: 576, columns: 1536),
    ProductCase(name: "SmolLM2-135M down", inner: 1536, columns: 576),
    ProductCase(name: "Qwen2.5-0.5B gate, up", inner: 896, columns: 4864),
    ProductCase(name: "Qwen2.5-0.5B down", inner: 4864, columns: 896),
    ProductCase(name: "Llama-3.2-1B q, o", inner: 2048, columns: 2048),
    ProductCase(name: "Llama-3.2-1B gate, up", inner: 2048, columns: 8192),
    ProductCase(name: "Llama-3.2-1B down", inner: 8192, columns: 2048),
  ]
}

/// Attention of whole prompts of a named model.
struct AttentionCase {
  let name: String
  let shape: AttentionShape
  let positions: Int

  static let all = [45, 512].flatMap { positions in
    [
      AttentionCase(
        name: "SmolLM2-135M, \(positions) positions",
        shape: AttentionShape(headCount: 9, keyValueHeadCount: 3, dHead: 64, window: nil),
        positions: positions),
      AttentionCase(
        name: "Llama-3.2-1B, \(positions) positions",
        shape: AttentionShape(headCount: 32, keyValueHeadCount: 8, dHead: 64, window: nil),
        positions: positions),
    ]
  }

  /// Floating-point operations of scores and sums over visible keys.
  var operations: Int { 4 * shape.headCount * shape.dHead * positions * (positions + 1) / 2 }

  /// Seconds for one prompt on one thread, the best of many.
  func seconds() -> Double {
    let width = shape.headCount * shape.dHead
    let keyWidth = shape.keyValueHeadCount * shape.dHead
    let queries = FloatMatrix(rows: positions, width: width)
    let keys = FloatMatrix(rows: positions, width: keyWidth)
    let store = KeyValues(shape, rowCapacity: positions)
    store.store(keys: keys, values: keys, rows: 0..<positions, at: 0)
    let context = AttentionContext(store, rows: [0..<positions])
    var scratch = FloatMatrix(rows: shape.scratchCount(positions: positions), width: 1)
    var output = FloatMatrix(rows: positions, width: width)
    return best {
      shape.attend(
        queries: queries, rows: 0..<positions, to: context, scratch: &scratch, into: &output)
    }
  }
}

/// The shortest of the runs that fit into a tenth of a second, in seconds.
func best(_ body: () -> Void) -> Double {
  var best = Duration.seconds(1000)
  let end = ContinuousClock.now + .milliseconds(100)
  repeat { best = min(best, ContinuousClock().measure(body)) } while ContinuousClock.now < end
  return best / .seconds(1)
}
