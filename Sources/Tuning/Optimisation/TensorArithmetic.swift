import Inference
import Kernels

extension FloatMatrix {
  /// A copy of all values, row by row.
  package func array() -> [Float] {
    unsafe self[rows: 0..<rowCapacity].withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// Takes over values, row by row.
  package mutating func assign(_ values: [Float]) {
    var target = mutableRows(0..<rowCapacity)
    precondition(target.count == values.count, "\(values.count) values for \(target.count)")
    for index in target.indices { target[index] = values[index] }
  }

  /// Takes over the values of a matrix of the same size.
  mutating func assign(_ other: borrowing FloatMatrix) {
    copyRows(0..<rowCapacity, of: other, to: 0)
  }

  /// Adds a multiple of a matrix of the same size.
  mutating func add(_ other: borrowing FloatMatrix, scale: Float) {
    var target = mutableRows(0..<rowCapacity)
    addScaled(other[rows: 0..<other.rowCapacity], scale: scale, to: &target)
  }

  /// Multiplies all values.
  mutating func scale(by factor: Float) {
    var target = mutableRows(0..<rowCapacity)
    for index in target.indices { target[index] *= factor }
  }

  /// Whether no value is infinite or no number.
  var isFinite: Bool {
    let values = self[rows: 0..<rowCapacity]
    // Counted to the end, since a loop that may stop takes one value at a time.
    var faults = 0
    for index in values.indices { faults &+= values[index].isFinite ? 0 : 1 }
    return faults == 0
  }

  /// The sum of squares, added up in double precision.
  func squaredNorm() -> Double {
    let values = self[rows: 0..<rowCapacity]
    var sum = 0.0
    for index in values.indices { sum += Double(values[index]) * Double(values[index]) }
    return sum
  }

  /// The inner product with a matrix of the same size, added up in double precision.
  func innerProduct(_ other: borrowing FloatMatrix) -> Double {
    let left = self[rows: 0..<rowCapacity]
    let right = other[rows: 0..<other.rowCapacity]
    precondition(left.count == right.count, "\(left.count) and \(right.count) values")
    var sum = 0.0
    for index in left.indices { sum += Double(left[index]) * Double(right[index]) }
    return sum
  }
}

extension FloatMatrix {
  /// The sum of squared differences from a matrix of the same size, added up in double precision.
  func squaredDistance(to other: borrowing FloatMatrix) -> Double {
    let left = self[rows: 0..<rowCapacity]
    let right = other[rows: 0..<other.rowCapacity]
    precondition(left.count == right.count, "\(left.count) and \(right.count) values")
    var sum = 0.0
    for index in left.indices {
      let difference = Double(left[index]) - Double(right[index])
      sum += difference * difference
    }
    return sum
  }
}

/// Copies of one matrix for each of some tensors.
final class TensorCopies {
  // A box, because arrays cannot hold what cannot be copied.
  private final class Box {
    var matrix: FloatMatrix
    init(rows: Int, width: Int) { matrix = FloatMatrix(rows: rows, width: width) }
  }

  private let boxes: [Box]

  /// Zeros of the sizes of tensors.
  init(for tensors: [TrainableTensor]) {
    boxes = tensors.map { Box(rows: $0.values.rowCapacity, width: $0.values.width) }
  }

  /// Copies the values of the tensors.
  func copyValues(of tensors: [TrainableTensor]) {
    for (box, tensor) in zip(boxes, tensors) { box.matrix.assign(tensor.values) }
  }

  /// Copies the gradients of the tensors.
  func copyGradients(of tensors: [TrainableTensor]) {
    for (box, tensor) in zip(boxes, tensors) { box.matrix.assign(tensor.gradient) }
  }

  /// Gives the tensors the copied values.
  func restoreValues(of tensors: [TrainableTensor]) {
    for (box, tensor) in zip(boxes, tensors) { tensor.values.assign(box.matrix) }
  }

  /// Adds a multiple of the copies to the values of the tensors.
  func add(to tensors: [TrainableTensor], scale: Float) {
    for (box, tensor) in zip(boxes, tensors) { tensor.values.add(box.matrix, scale: scale) }
  }

  /// Adds `scale × (values − copies)` to the gradients of the tensors.
  func pull(_ tensors: [TrainableTensor], scale: Float) {
    for (box, tensor) in zip(boxes, tensors) {
      tensor.gradient.add(tensor.values, scale: scale)
      tensor.gradient.add(box.matrix, scale: -scale)
    }
  }

  /// The squared distance of the values of the tensors from the copies.
  func squaredDistance(to tensors: [TrainableTensor]) -> Double {
    zip(boxes, tensors).reduce(0) { $0 + $1.0.matrix.squaredDistance(to: $1.1.values) }
  }

  /// The inner product of the copies with the gradients of the tensors.
  func innerProduct(withGradientsOf tensors: [TrainableTensor]) -> Double {
    zip(boxes, tensors).reduce(0) { $0 + $1.0.matrix.innerProduct($1.1.gradient) }
  }

  /// The copy of each tensor, row by row.
  var arrays: [[Float]] { boxes.map { $0.matrix.array() } }

  /// Takes over saved copies.
  func assign(_ arrays: [[Float]]) {
    for (box, values) in zip(boxes, arrays) { box.matrix.assign(values) }
  }
}

extension [TrainableTensor] {
  /// The norm of all gradients together.
  var gradientNorm: Double { reduce(0) { $0 + $1.gradient.squaredNorm() }.squareRoot() }
  /// The norm of all values together.
  var valueNorm: Double { reduce(0) { $0 + $1.values.squaredNorm() }.squareRoot() }
}
