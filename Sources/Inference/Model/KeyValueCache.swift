package import Kernels

/// Keys and values of one sequence at every layer, owned by the caller.
public final class KeyValueCache {
  /// Positions there is room for.
  public let capacity: Int
  /// Positions held.
  public private(set) var count = 0
  private let layers: [KeyValues]
  /// The rows of all positions there is room for, in order.
  private let rows: [Range<Int>]

  /// Makes an empty cache.
  public init(for description: DecoderDescription, capacity: Int) {
    self.capacity = capacity
    layers = (0..<description.layerCount).map { _ in
      KeyValues(description.attention, rowCapacity: capacity)
    }
    rows = [0..<capacity]
  }

  /// Takes positions that a pass has stored, with room for more behind them.
  ///
  /// - Parameters:
  ///   - layers: the keys and values of each layer.
  ///   - held: the rows of the positions that are stored, in order.
  ///   - room: rows for further positions, which no other cache uses.
  package init(layers: [KeyValues], held: [Range<Int>], room: Range<Int>) {
    self.layers = layers
    rows = held + [room]
    count = held.reduce(0) { $0 + $1.count }
    capacity = count + room.count
  }

  /// A layer's positions with room for new ones.
  func context(layer: Int, adding newCount: Int) -> AttentionContext {
    precondition(
      count + newCount <= capacity,
      "\(count + newCount) positions in a cache with room for \(capacity)")
    return AttentionContext(layers[layer], rows: rows.truncated(to: count + newCount))
  }

  /// Counts positions as held once every layer has stored them.
  func advance(by newCount: Int) {
    count += newCount
  }
}
