import Inference
import Kernels
import Synchronization
import Tokenization

/// Class means of what enters every block at the last positions of prompts.
struct TailMeans: Sendable {
  private let layerCount: Int
  private let positionCount: Int
  private let width: Int
  /// `[class][layer][position][component]`.
  private let means: [[Double]]

  /// Takes prompts through the model once and adds up rows in double precision, in the order of the prompts.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prompts: what it reads.
  ///   - labels: the class of each, both of them there.
  ///   - tail: which positions.
  ///   - threads: how many threads compute.
  /// - Throws: `ModelFileError` where weights cannot be read.
  init(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], labels: [Int], tail: TailPositions,
    threads: Int
  ) throws {
    let description = decoder.description
    let (layers, count, width) = (description.layerCount, tail.count, description.dModel)
    let sites = (0..<layers).map { HookSite(.residPre, layer: $0) }
    let pass = PositionPass(
      decoder, prompts, positions: prompts.map(tail.positions), threads: threads)
    // Of the layer under way.
    let rows = SharedRows(count: prompts.count * count, width: width)
    let sums = Mutex(
      [[Double]](
        repeating: [Double](repeating: 0, count: layers * count * width), count: 2))
    try pass.run(
      sites, look: { _, prompt, place, values in rows.set(prompt * count + place, to: values) },
      onEnd: { prompts, stage in
        guard case .layer(let layer) = stage else { return }
        sums.withLock { sums in
          for prompt in prompts {
            let values = rows[rows: prompt * count..<(prompt + 1) * count]
            let start = layer * count * width
            for index in values.indices {
              sums[labels[prompt]][start + index] += Double(values[index])
            }
          }
        }
      })
    let totals = (0...1).map { label in Double(labels.count { $0 == label }) }
    means = sums.withLock { sums in
      zip(sums, totals).map { sums, total in sums.map { $0 / total } }
    }
    (layerCount, positionCount, self.width) = (layers, count, width)
  }

  /// The mean of class 1 less that of class 0; `place` counts from the first position.
  func difference(layer: Int, place: Int) -> [Double] {
    let start = (layer * positionCount + place) * width
    return (start..<start + width).map { means[1][$0] - means[0][$0] }
  }
}
