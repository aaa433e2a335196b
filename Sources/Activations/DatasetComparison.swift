/// How far the rows of one site and layer are apart in two stores.
public struct DatasetComparison: Codable, Sendable, Equatable {
  /// The name below `/activations`.
  public let name: String
  /// The hook site.
  public let site: String
  /// The layer, or nil for a site outside the blocks.
  public let layer: Int?
  /// The values of one row.
  public let width: Int
  /// What the compared rows give; nil when there is none.
  public let figures: Figures?

  /// How far rows are apart, all sums in double precision.
  public struct Figures: Codable, Sendable, Equatable {
    /// The mean of the rows' cosine similarities.
    ///
    /// That of a row of zeros is 1 to another one and 0 to any other row.
    public let meanCosine: Double
    /// The row with the smallest cosine similarity; the first of equals.
    public let worstCosine: RowFigure
    /// The RMS of the difference over the RMS of the first store's values, over all rows.
    ///
    /// It is nil when the first store's values are all zero and the second's are not.
    public let relativeError: Double?
    /// The row with the largest relative error of its own; the first of equals.
    public let worstError: RowFigure
  }

  /// A figure of one row, and which row that is.
  public struct RowFigure: Codable, Sendable, Equatable {
    /// The figure; nil for the relative error of a row that is zero in the first store alone.
    public let value: Double?
    /// The row's index in the store.
    public let row: Int
    /// The id of its prompt.
    public let prompt: String
    /// Its position in the prompt, -1 for a row pooled over positions.
    public let position: Int
  }

  /// Compares one dataset of two stores, reading a piece of each at a time.
  ///
  /// - Parameters:
  ///   - dataset: a dataset that both stores have, of the same width.
  ///   - first: the store that the other is measured against.
  ///   - second: the other store.
  ///   - alignment: which rows to compare.
  ///   - onRows: told of every piece how many rows it had.
  /// - Throws: an error when reading fails, or a value is not finite against what its status says.
  init(
    _ dataset: ActivationDataset, _ first: ActivationStore, _ second: ActivationStore,
    _ alignment: StoreAlignment, onRows: (Int) -> Void
  ) throws(ActivationStoreError) {
    let width = dataset.width
    let rowsPerPiece = max(1, pieceByteCount / (width * MemoryLayout<Float>.size))
    var tally = Tally()
    for run in alignment.runs {
      for start in stride(from: run.lowerBound, to: run.upperBound, by: rowsPerPiece) {
        let rows = start..<min(start + rowsPerPiece, run.upperBound)
        let left = try first.values(site: dataset.site, layer: dataset.layer, rows: rows)
        let right = try second.values(site: dataset.site, layer: dataset.layer, rows: rows)
        for row in rows {
          let values = (row - start) * width..<(row - start + 1) * width
          let sums = RowSums(left.span.extracting(values), right.span.extracting(values))
          for (store, square) in [(first, sums.firstSquare), (second, sums.secondSquare)]
          where !square.isFinite {
            throw .malformed(
              path: store.path, object: dataset.path, found: "not finite in row \(row)",
              expected: "finite there, as \(StorePath.status) says")
          }
          tally.add(sums, row: row)
        }
        onRows(rows.count)
      }
    }
    name = dataset.name
    site = dataset.site
    layer = dataset.layer
    self.width = width
    figures = tally.figures(alignment)
  }
}

/// The sums over one row that its figures are made of.
private struct RowSums {
  var firstSquare = 0.0
  var secondSquare = 0.0
  var product = 0.0
  var differenceSquare = 0.0

  init(_ first: Span<Float>, _ second: Span<Float>) {
    for index in first.indices {
      let (a, b) = (Double(first[index]), Double(second[index]))
      firstSquare += a * a
      secondSquare += b * b
      product += a * b
      differenceSquare += (a - b) * (a - b)
    }
  }

  /// Exactly 1 for equal rows: the root of a number's rounded square is that number.
  var cosine: Double {
    if differenceSquare == 0 { return 1 }
    let norms = (firstSquare * secondSquare).squareRoot()
    return norms == 0 ? 0 : min(1, max(-1, product / norms))
  }

  /// Infinite for a row that is zero in the first store alone.
  var relativeError: Double { ratio(differenceSquare, to: firstSquare) }
}

/// What the rows of a dataset add up to.
private struct Tally {
  private var rowCount = 0
  private var cosine = 0.0
  private var square = 0.0
  private var differenceSquare = 0.0
  private var worstCosine = (value: Double.infinity, row: 0)
  private var worstError = (value: -Double.infinity, row: 0)

  mutating func add(_ sums: RowSums, row: Int) {
    rowCount += 1
    cosine += sums.cosine
    square += sums.firstSquare
    differenceSquare += sums.differenceSquare
    if sums.cosine < worstCosine.value { worstCosine = (sums.cosine, row) }
    if sums.relativeError > worstError.value { worstError = (sums.relativeError, row) }
  }

  /// The figures, or nil when no row was added.
  func figures(_ alignment: StoreAlignment) -> DatasetComparison.Figures? {
    guard rowCount > 0 else { return nil }
    func figure(_ worst: (value: Double, row: Int)) -> DatasetComparison.RowFigure {
      let (prompt, position) = alignment.place(ofRow: worst.row)
      return DatasetComparison.RowFigure(
        value: worst.value.isFinite ? worst.value : nil, row: worst.row, prompt: prompt,
        position: position)
    }
    let error = ratio(differenceSquare, to: square)
    return DatasetComparison.Figures(
      meanCosine: cosine / Double(rowCount), worstCosine: figure(worstCosine),
      relativeError: error.isFinite ? error : nil, worstError: figure(worstError))
  }
}

/// The root of a ratio of squares; 0 when there is no difference, whatever it is measured against.
private func ratio(_ differenceSquare: Double, to square: Double) -> Double {
  differenceSquare == 0 ? 0 : (differenceSquare / square).squareRoot()
}
