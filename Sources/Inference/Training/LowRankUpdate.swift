import Kernels

/// A trained update of a linear map: `output += dropped(input) × downᵀ × upᵀ × scaling`.
///
/// Hu et al., "LoRA", arXiv 2106.09685, by PEFT's names: `down` is lora_A, `up` is lora_B.
final class LowRankUpdate: Sendable {
  /// `[rank, in]`.
  let down: TrainableTensor
  /// `[out, rank]`.
  let up: TrainableTensor
  private let scaling: Float
  private let dropoutRate: Float
  private let maskKey: UInt64
  private let threads: Int

  init(
    down: TrainableTensor, up: TrainableTensor, scaling: Float, dropoutRate: Float, threads: Int
  ) {
    self.down = down
    self.up = up
    self.scaling = scaling
    self.dropoutRate = dropoutRate
    self.threads = threads
    maskKey = SplitMix64.key(of: down.name)
  }

  /// What the update adds to a product of some rows.
  func term(rows: Int, dropout: DropoutDraw?) -> LowRankTerm {
    LowRankTerm(rows: rows, narrowing: downFactor(dropout), widening: upFactor)
  }

  /// What it adds to the derivative by the input; between the factors is what `addGradients` can use.
  func inputGradientTerm(rows: Int, dropout: DropoutDraw?) -> LowRankTerm {
    LowRankTerm(rows: rows, narrowing: upFactor, widening: downFactor(dropout))
  }

  /// The bytes of what lies between the factors.
  func narrowByteCount(rows: Int) -> Int {
    NarrowRows.byteCount(rank: down.values.rowCapacity, rows: rows)
  }

  /// Adds the derivatives by both factors; what lies between them is computed where it is not given.
  func addGradients(
    input: borrowing FloatMatrix, gradient: borrowing FloatMatrix, narrow: NarrowPair, rows: Int,
    dropout: DropoutDraw?
  ) {
    let narrowInput =
      narrow.input
      ?? NarrowRows(input, rows: rows, by: downFactor(dropout), threads: threads)
    narrowInput.addOuterProduct(
      with: gradient, scale: scaling, to: &up.gradient, isTall: true, threads: threads)
    let narrowGradient =
      narrow.gradient ?? NarrowRows(gradient, rows: rows, by: upFactor, threads: threads)
    narrowGradient.addOuterProduct(
      with: input, mask: mask(dropout), to: &down.gradient, isTall: false, threads: threads)
  }

  private func downFactor(_ dropout: DropoutDraw?) -> LowRankFactor {
    LowRankFactor(down.values, isTall: false, mask: mask(dropout))
  }

  private var upFactor: LowRankFactor { LowRankFactor(up.values, isTall: true, scale: scaling) }

  private func mask(_ dropout: DropoutDraw?) -> DropoutMask? {
    guard let dropout, dropoutRate > 0 else { return nil }
    var numbers = SplitMix64(seed: dropout.seed ^ maskKey)
    var stepNumbers = SplitMix64(seed: numbers.next() ^ dropout.step)
    return DropoutMask(key: stepNumbers.next(), rate: dropoutRate)
  }
}

/// What lies between the factors of an update on the way there and on the way back, where it is known.
struct NarrowPair {
  var input: NarrowRows?
  var gradient: NarrowRows?
}

extension SplitMix64 {
  /// A number that stands for a name: FNV-1a of its bytes.
  static func key(of name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
