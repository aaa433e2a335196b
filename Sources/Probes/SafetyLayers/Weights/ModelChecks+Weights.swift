public import Inference
package import Kernels
import ModelFiles

extension ModelChecks {
  /// Compares the weights of a tuned model, which is that of these checks, with those before the tuning, and where
  /// prompts lie in both.
  ///
  /// Matrices are read one after another.
  ///
  /// - Parameters:
  ///   - before: the model before the tuning.
  ///   - after: the files behind these checks' decoder.
  ///   - earlier: the same prompts with the model before.
  ///   - benign: a harmless tuning of the same model, for comparison.
  ///   - others: further prompts to place, with the tuned model and with the one before.
  ///   - parts: the part of the data each prompt is for; means are of that to fit on, figures of that to report
  ///     on.
  ///   - promptsPerClass: the most prompts of either class in either part.
  ///   - onProgress: called with the layers done and their number.
  /// - Returns: the comparison.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public func weightShift(
    from before: AdaptedModel, to after: AdaptedModel, earlier: ModelChecks,
    benign: AdaptedModel? = nil, others: (after: ModelChecks, before: ModelChecks)? = nil,
    parts: [PromptPart], promptsPerClass: Int = 100,
    onProgress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> WeightShift {
    func drawn(_ part: PromptPart) throws -> [Int] {
      let members = indices(of: part, parts)
      let ofPart = try restricted(to: members)
      return [1, 0].flatMap { label in
        ofPart.sample(ofClass: label, count: promptsPerClass, stream: .weightPrompts)
          .map { members[$0] }
      }
    }
    let (fitted, reported) = (try drawn(.train), try drawn(.test))
    let layerCount = decoder.description.layerCount
    let clusterings = try zip(
      earlier.clusterings(fitted, reported, others: others?.before),
      clusterings(fitted, reported, others: others?.after))
    let entering = try lastRows(
      of: reported, at: (0..<layerCount).map { HookSite(.ln2Out, layer: $0) })
    let labels = reported.map { prompts[$0].label }
    var modules: [ModuleShift] = []
    var readings: [ShiftReading] = []
    for layer in 0..<layerCount {
      for module in [WeightModule.gateProjection, .upProjection, .downProjection] {
        let name = "\(module.path(layer: layer)).weight"
        let old = try before.weights.doubles(name)
        let change = try after.weights.doubles(name).less(old)
        let norm = old.norm
        if module != .downProjection {
          readings.append(
            ShiftReading(
              layer: layer, module: module.rawValue,
              auroc: change.reading(of: entering[layer], labels: labels)))
        }
        guard let space = ColumnSpace(old, share: WeightShift.heldShare) else { continue }
        modules.append(
          ModuleShift(
            layer: layer, module: module.rawValue, relativeNorm: change.norm / norm,
            rank: space.rank, outside: space.outside(change), expected: space.expectedOutside,
            benign: try benign.flatMap { benign in
              space.outside(
                try benign.weights.doubles(name).less(try before.weights.doubles(name)))
            }))
      }
      onProgress(layer + 1, layerCount)
    }
    return WeightShift(
      promptsPerClass: promptsPerClass, heldShare: WeightShift.heldShare, modules: modules,
      clusters: clusterings.enumerated().map {
        ClusterShift(layer: $0, before: $1.0, after: $1.1)
      }, readings: readings)
  }

  /// Where prompts lie behind every layer.
  private func clusterings(
    _ fitted: [Int], _ reported: [Int], others: ModelChecks?
  ) throws -> [ClusterShift.Clustering] {
    let sites = (0..<decoder.description.layerCount).map { HookSite(.residPost, layer: $0) }
    let own = try lastRows(of: fitted, at: sites)
    let judged = try lastRows(of: reported, at: sites)
    let further = try others.map { try $0.lastRows(of: Array($0.prompts.indices), at: sites) }
    let labels = reported.map { prompts[$0].label }
    return sites.indices.map { layer in
      let axis = ClusterAxis(own[layer], labels: fitted.map { prompts[$0].label })
      let places = axis.places(of: judged[layer])
      func quartiles(ofClass label: Int) -> Quartiles {
        Quartiles(zip(places, labels).filter { $0.1 == label }.map(\.0))
      }
      return ClusterShift.Clustering(
        harmful: quartiles(ofClass: 1), harmless: quartiles(ofClass: 0),
        others: further.map { Quartiles(axis.places(of: $0[layer])) },
        auroc: areaUnderROC(scores: places, labels: labels) ?? 0.5)
    }
  }
}

extension WeightShift {
  /// The share of squared singular values that a column space holds.
  static let heldShare = 0.9
}

/// The line through the means of two classes.
package struct ClusterAxis {
  private let direction: [Double]
  private let middle: Double
  private let square: Double

  /// Finds the means of rows.
  package init(_ rows: SharedRows, labels: [Int]) {
    let means = rows.classMeans(labels)
    direction = zip(means[0], means[1]).map { $1 - $0 }
    middle = zip(means[0], means[1]).reduce(0) { $0 + ($1.1 * $1.1 - $1.0 * $1.0) / 2 }
    square = direction.reduce(0) { $0 + $1 * $1 }
  }

  /// τ of every row: (|h − μ₀|² − |h − μ₁|²) / |μ₁ − μ₀|².
  package func places(of rows: SharedRows) -> [Double] {
    rows.components(along: direction).map { 2 * ($0 - middle) / square }
  }
}

extension WeightSource {
  /// A matrix in double precision.
  fileprivate func doubles(_ name: String) throws -> DoubleMatrix {
    let matrix = try matrix(name)
    var doubles = DoubleMatrix(rows: matrix.rowCapacity, columns: matrix.width)
    for index in 0..<matrix.rowCapacity {
      let values = matrix[rows: index..<index + 1]
      var row = doubles.mutableRow(index)
      for column in values.indices { row[column] = Double(values[column]) }
    }
    return doubles
  }
}

extension DoubleMatrix {
  /// The matrix less another.
  fileprivate consuming func less(_ other: borrowing DoubleMatrix) -> DoubleMatrix {
    var result = self
    for index in 0..<other.rows {
      let subtracted = other.row(index)
      var row = result.mutableRow(index)
      for column in subtracted.indices { row[column] -= subtracted[column] }
    }
    return result
  }

  /// The Euclidean norm of all elements.
  fileprivate var norm: Double { squaredNorm.squareRoot() }

  /// How often |ΔW z|² / |z|² is larger for a prompt of class 1; nil where nothing changes.
  fileprivate func reading(of rows: SharedRows, labels: [Int]) -> Double? {
    if norm == 0 { return nil }
    let scores = (0..<rows.count).map { place in
      let values = rows[rows: place..<place + 1]
      let vector = values.indices.map { Double(values[$0]) }
      let square = vector.reduce(0) { $0 + $1 * $1 }
      return times(vector).reduce(0) { $0 + $1 * $1 } / square
    }
    return areaUnderROC(scores: scores, labels: labels)
  }
}
