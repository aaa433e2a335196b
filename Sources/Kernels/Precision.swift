/// The precision of the operands of products with weights; sums are float32 always.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// float32 weights and inputs.
  case f32
  /// bfloat16 weights and inputs: half the memory, and on processors that have it twice the speed.
  case bf16

  /// The bytes of one operand.
  public var byteCount: Int {
    switch self {
    case .f32: 4
    case .bf16: 2
    }
  }
}
