public import Kernels

/// Seeded values, about normally distributed.
public func randomValues(_ count: Int, seed: UInt64) -> [Float] {
  var state = seed &+ 0x9E37_79B9_7F4A_7C15
  func uniform() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24)
  }
  return (0..<count).map { _ in uniform() + uniform() + uniform() + uniform() - 2 }
}

extension FloatMatrix {
  /// A matrix filled row by row.
  public init(_ values: [Float], width: Int) {
    self.init(rows: values.count / width, width: width)
    var rows = mutableRows(0..<rowCapacity)
    for index in rows.indices { rows[index] = values[index] }
  }

  /// All values, row by row.
  public var values: [Float] {
    let span = self[rows: 0..<rowCapacity]
    return span.indices.map { span[$0] }
  }
}
