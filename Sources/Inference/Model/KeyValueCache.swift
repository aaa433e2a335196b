import Kernels

/// Keys and values of one sequence at every layer, owned by the caller.
public final class KeyValueCache {
  /// Positions there is room for.
  public let capacity: Int
  /// Positions held.
  public private(set) var count = 0
  private let layers: [KeyValues]

  /// Makes an empty cache.
  public init(for description: DecoderDescription, capacity: Int) {
    self.capacity = capacity
    layers = (0..<description.layerCount).map { _ in
      KeyValues(description.attention, rowCapacity: capacity)
    }
  }

  /// A layer's positions with room for new ones.
  func context(layer: Int, adding newCount: Int) -> AttentionContext {
    precondition(
      count + newCount <= capacity,
      "\(count + newCount) positions in a cache with room for \(capacity)")
    return AttentionContext(layers[layer], rows: [0..<count + newCount])
  }

  /// Counts positions as held once every layer has stored them.
  func advance(by newCount: Int) {
    count += newCount
  }
}
