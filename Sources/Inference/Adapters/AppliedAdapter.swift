public import ModelFiles

/// An adapter and how strongly it is applied.
public struct AppliedAdapter: Sendable {
  /// The adapter.
  public let adapter: LowRankAdapter
  /// What its update is multiplied by; 1 is as it was trained.
  public let weight: Double
  /// Its folder; nil for one in memory.
  public let path: String?

  /// Applies an adapter in memory.
  ///
  /// - Precondition: the weight is finite.
  public init(_ adapter: LowRankAdapter, weight: Double = 1) {
    self.init(adapter, weight: weight, path: nil)
  }

  private init(_ adapter: LowRankAdapter, weight: Double, path: String?) {
    precondition(weight.isFinite, "an adapter at the weight \(weight)")
    self.adapter = adapter
    self.weight = weight
    self.path = path
  }

  /// Reads an adapter's folder.
  ///
  /// - Throws: `ModelFileError` for a folder that is not a sound adapter.
  public init(path: String, weight: Double = 1) throws(ModelFileError) {
    self.init(try AdapterFile(path: path).adapter(), weight: weight, path: path)
  }

  /// The same adapter at another weight.
  public func at(weight: Double) -> AppliedAdapter {
    AppliedAdapter(adapter, weight: weight, path: path)
  }

  /// What to call it in messages.
  var name: String { path ?? "the adapter" }
}
