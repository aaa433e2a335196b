import Kernels
import Synchronization

/// What a pass through a block keeps for the way back, after hooks have changed it.
final class BlockTape: Sendable {
  /// A place in the forward pass.
  enum Slot: Int, CaseIterable {
    case input
    case ln1Normalized
    case ln1Out
    /// Queries and keys before their norms.
    case plainQuery
    case plainKey
    /// Rotated.
    case query
    case key
    case value
    case headOutput
    case middle
    case ln2Normalized
    case ln2Out
    case gate
    case linear
    case post
    case lnFinalNormalized

    fileprivate func width(in description: DecoderDescription) -> Int {
      let heads = description.attention
      switch self {
      case .input, .ln1Normalized, .ln1Out, .middle, .ln2Normalized, .ln2Out, .lnFinalNormalized:
        return description.dModel
      case .plainQuery, .query, .headOutput: return heads.headCount * heads.dHead
      case .plainKey, .key, .value: return heads.keyValueHeadCount * heads.dHead
      case .gate, .linear, .post: return description.dMLP
      }
    }

    /// The residual stream is kept as it is: recomputing starts from it.
    fileprivate func precision(_ precision: Precision) -> Precision {
      switch self {
      case .input, .middle: .f32
      default: precision
      }
    }
  }

  private let slots: Set<Slot>
  private let rows: [KeptRows?]
  private let threads: Int
  /// What lies between the factors of adapters.
  private let narrow = Mutex<[WeightModule: NarrowRows]>([:])

  /// Makes places for some slots.
  init(
    _ slots: Set<Slot>, for description: DecoderDescription, precision: Precision, threads: Int
  ) {
    self.slots = slots
    self.threads = threads
    rows = Slot.allCases.map { slot in
      slots.contains(slot)
        ? KeptRows(
          width: slot.width(in: description), precision: slot.precision(precision)) : nil
    }
  }

  /// The slots a block needs, with what hooks make impossible to compute anew.
  static func slots(
    _ description: DecoderDescription, layer: Int, hooks: HookTable
  ) -> Set<Slot> {
    var slots: Set<Slot> = [.input, .query, .key, .value, .headOutput, .middle, .gate, .linear]
    if description.hasQueryKeyNorm { slots.formUnion([.plainQuery, .plainKey]) }
    if hooks.isHooked(anyOf: [.ln1Normalized, .ln1Out], layer: layer) {
      slots.formUnion([.ln1Normalized, .ln1Out])
    }
    if hooks.isHooked(anyOf: [.ln2Normalized, .ln2Out], layer: layer) {
      slots.formUnion([.ln2Normalized, .ln2Out])
    }
    if hooks.isHooked(.mlpPost, layer: layer) { slots.insert(.post) }
    return slots
  }

  /// The bytes of some slots.
  static func byteCount(
    _ slots: Set<Slot>, rows: Int, in description: DecoderDescription, precision: Precision
  ) -> Int {
    slots.reduce(0) {
      $0
        + KeptRows.byteCount(
          width: $1.width(in: description), rows: rows, precision: $1.precision(precision))
    }
  }

  /// Whether a tape keeps just these slots.
  func keeps(_ slots: Set<Slot>) -> Bool { self.slots == slots }

  /// Whether a slot is kept.
  func keeps(_ slot: Slot) -> Bool { slots.contains(slot) }

  /// Keeps rows where their slot is wanted.
  func keep(_ slot: Slot, _ matrix: borrowing FloatMatrix, rows count: Int) {
    rows[slot.rawValue]?.keep(matrix, rows: count, threads: threads)
  }

  /// Keeps what lies between the factors of a module's adapter, unless the block is computed anew.
  func keep(_ module: WeightModule, _ rows: NarrowRows?) {
    if slots.contains(.gate) { narrow.withLock { $0[module] = rows } }
  }

  /// Gives back what lies between a module's factors, once; nil where it was not kept.
  func takeNarrow(_ module: WeightModule) -> NarrowRows? {
    narrow.withLock { $0.removeValue(forKey: module) }
  }

  /// Gives a slot's rows back, once.
  func restore(_ slot: Slot, into matrix: inout FloatMatrix, rows count: Int) {
    guard let kept = rows[slot.rawValue] else {
      preconditionFailure("\(slot) was not kept")
    }
    kept.restore(into: &matrix, rows: count, threads: threads)
  }
}
