import Kernels

/// Keys and values of one sequence at every layer, owned by the caller.
public final class KeyValueCache {
  /// Positions there is room for.
  public let capacity: Int
  /// Positions held.
  public private(set) var count = 0
  /// `[layer × capacity, kv_head, d_head]`.
  var keys: FloatMatrix
  var values: FloatMatrix

  /// Makes an empty cache.
  public init(for description: DecoderDescription, capacity: Int) {
    let width = description.attention.keyValueHeadCount * description.attention.dHead
    self.capacity = capacity
    self.keys = FloatMatrix(rows: description.layerCount * capacity, width: width)
    self.values = FloatMatrix(rows: description.layerCount * capacity, width: width)
  }

  /// Copies a layer's new keys and values behind those it has.
  func store(
    layer: Int, keys newKeys: borrowing FloatMatrix, values newValues: borrowing FloatMatrix,
    rows: Range<Int>
  ) {
    precondition(
      count + rows.count <= capacity,
      "\(count + rows.count) positions in a cache with room for \(capacity)")
    keys.copyRows(rows, of: newKeys, to: layer * capacity + count)
    values.copyRows(rows, of: newValues, to: layer * capacity + count)
  }

  /// The rows of `keys` and `values` that hold a layer's positions, those just stored included.
  func rows(layer: Int, adding newCount: Int) -> Range<Int> {
    layer * capacity..<layer * capacity + count + newCount
  }

  /// Counts positions as held once every layer has stored them.
  func advance(by newCount: Int) {
    count += newCount
  }
}
