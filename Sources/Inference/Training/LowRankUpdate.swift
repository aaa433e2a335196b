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

  /// Adds the update of the first rows.
  func add(
    of input: borrowing FloatMatrix, rows: Int, to output: inout FloatMatrix,
    dropout: DropoutDraw?
  ) {
    narrowed(input, rows: rows, dropout: dropout)
      .widen(by: up.values, isTall: true, scale: scaling, addingTo: &output, threads: threads)
  }

  /// Adds the derivative by the input.
  ///
  /// - Returns: the derivative by what lies between the factors, which `addGradients` can use.
  func addInputGradient(
    of gradient: borrowing FloatMatrix, rows: Int, to inputGradient: inout FloatMatrix,
    dropout: DropoutDraw?
  ) -> NarrowRows {
    let narrow = narrowedGradient(gradient, rows: rows)
    narrow.widen(
      by: down.values, isTall: false, mask: mask(dropout), addingTo: &inputGradient,
      threads: threads)
    return narrow
  }

  /// Adds the derivatives by both factors.
  func addGradients(
    input: borrowing FloatMatrix, gradient: borrowing FloatMatrix, narrow: NarrowRows?, rows: Int,
    dropout: DropoutDraw?
  ) {
    narrowed(input, rows: rows, dropout: dropout).addOuterProduct(
      with: gradient, scale: scaling, to: &up.gradient, isTall: true, threads: threads)
    (narrow ?? narrowedGradient(gradient, rows: rows)).addOuterProduct(
      with: input, mask: mask(dropout), to: &down.gradient, isTall: false, threads: threads)
  }

  private func narrowed(
    _ input: borrowing FloatMatrix, rows: Int, dropout: DropoutDraw?
  ) -> NarrowRows {
    NarrowRows(
      input, rows: rows, by: down.values, isTall: false, mask: mask(dropout), threads: threads)
  }

  private func narrowedGradient(_ gradient: borrowing FloatMatrix, rows: Int) -> NarrowRows {
    NarrowRows(gradient, rows: rows, by: up.values, isTall: true, scale: scaling, threads: threads)
  }

  private func mask(_ dropout: DropoutDraw?) -> DropoutMask? {
    guard let dropout, dropoutRate > 0 else { return nil }
    var numbers = SplitMix64(seed: dropout.seed ^ maskKey)
    var stepNumbers = SplitMix64(seed: numbers.next() ^ dropout.step)
    return DropoutMask(key: stepNumbers.next(), rate: dropoutRate)
  }
}

extension SplitMix64 {
  /// A number that stands for a name: FNV-1a of its bytes.
  static func key(of name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
