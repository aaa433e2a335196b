import CKernels

/// How the numbers of a stored tensor are written.
public enum ElementType: Sendable, Hashable {
  /// 32-bit floats.
  case f32
  /// IEEE half precision.
  case f16
  /// The upper halves of 32-bit floats.
  case bf16
  /// Blocks of 32 with a scale, 4 bits each.
  case q40
  /// Blocks of 32 with a scale and a minimum, 4 bits each.
  case q41
  /// Blocks of 32 with a scale, 5 bits each.
  case q50
  /// Blocks of 32 with a scale and a minimum, 5 bits each.
  case q51
  /// Blocks of 32 with a scale, 8 bits each.
  case q80
  /// Blocks of 256 in 16 groups, 2 bits each.
  case q2K
  /// Blocks of 256 in 16 groups, 3 bits each.
  case q3K
  /// Blocks of 256 in 8 groups, 4 bits each.
  case q4K
  /// Blocks of 256 in 8 groups, 5 bits each.
  case q5K
  /// Blocks of 256 in 16 groups, 6 bits each.
  case q6K
  /// A type that weights of the supported models never have; its size is known, its values are not read.
  case unsupported(name: String, bits: Int)
}

extension ElementType {
  /// The types that can be read, in the order of their sizes.
  static let readable: [ElementType] = [
    .f32, .f16, .bf16, .q80, .q6K, .q51, .q5K, .q50, .q41, .q4K, .q40, .q3K, .q2K,
  ]

  /// The name that files and people use.
  public var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .q40: "Q4_0"
    case .q41: "Q4_1"
    case .q50: "Q5_0"
    case .q51: "Q5_1"
    case .q80: "Q8_0"
    case .q2K: "Q2_K"
    case .q3K: "Q3_K"
    case .q4K: "Q4_K"
    case .q5K: "Q5_K"
    case .q6K: "Q6_K"
    case .unsupported(let name, _): name
    }
  }

  /// How many elements share a block; 1 when each stands alone.
  public var elementsPerBlock: Int {
    switch self {
    case .f32, .f16, .bf16, .unsupported: 1
    case .q40, .q41, .q50, .q51, .q80: 32
    case .q2K, .q3K, .q4K, .q5K, .q6K: 256
    }
  }

  /// The number of bits of a block.
  public var bitsPerBlock: Int {
    switch self {
    case .f32: 32
    case .f16, .bf16: 16
    case .q40: 8 * 18
    case .q41: 8 * 20
    case .q50: 8 * 22
    case .q51: 8 * 24
    case .q80: 8 * 34
    case .q2K: 8 * 84
    case .q3K: 8 * 110
    case .q4K: 8 * 144
    case .q5K: 8 * 176
    case .q6K: 8 * 210
    case .unsupported(_, let bits): bits
    }
  }

  /// Whether ``decode(_:into:)`` can read it.
  public var isReadable: Bool {
    if case .unsupported = self { false } else { true }
  }

  /// The bytes of `count` elements, or nil when that overflows or is no whole number of blocks and bytes.
  package func byteCount(elements count: Int) -> Int? {
    guard count >= 0, count % elementsPerBlock == 0 else { return nil }
    let (bits, overflow) = (count / elementsPerBlock).multipliedReportingOverflow(by: bitsPerBlock)
    guard !overflow, bits % 8 == 0 else { return nil }
    return bits / 8
  }

  /// Decodes elements that lie end to end, at any alignment.
  ///
  /// - Precondition: the type is readable and `source` holds exactly the elements of `destination`.
  package func decode(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableBufferPointer<Float>
  ) {
    let count = destination.count
    precondition(
      byteCount(elements: count) == source.count,
      "\(source.count) bytes do not hold \(count) elements of type \(name)")
    guard let from = source.baseAddress, let to = destination.baseAddress else {
      return
    }
    let blocks = count / elementsPerBlock
    switch self {
    case .f32: unsafe UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: source.count)
    case .f16: unsafe ck_float16_to_float(from, to, count)
    case .bf16: unsafe ck_bfloat16_to_float(from, to, count)
    case .q40: unsafe ck_dequantize_q4_0(from, to, blocks)
    case .q41: unsafe ck_dequantize_q4_1(from, to, blocks)
    case .q50: unsafe ck_dequantize_q5_0(from, to, blocks)
    case .q51: unsafe ck_dequantize_q5_1(from, to, blocks)
    case .q80: unsafe ck_dequantize_q8_0(from, to, blocks)
    case .q2K: unsafe ck_dequantize_q2_k(from, to, blocks)
    case .q3K: unsafe ck_dequantize_q3_k(from, to, blocks)
    case .q4K: unsafe ck_dequantize_q4_k(from, to, blocks)
    case .q5K: unsafe ck_dequantize_q5_k(from, to, blocks)
    case .q6K: unsafe ck_dequantize_q6_k(from, to, blocks)
    case .unsupported: preconditionFailure("\(name) was not refused before it was read")
    }
  }
}
