import ModelFiles

/// The captured rows of one site at one layer.
public struct ActivationDataset: Sendable, Hashable {
  /// The hook site, such as `resid_post` or `attn.z`, without `blocks.{i}.`.
  public let site: String
  /// The layer, or nil for a site outside the blocks.
  public let layer: Int?
  /// The values of one row.
  public let width: Int

  /// Names a dataset.
  public init(site: String, layer: Int?, width: Int) {
    self.site = site
    self.layer = layer
    self.width = width
  }

  /// The name below `/activations`: `resid_post/layer_05`, or the site alone.
  public var name: String {
    guard let layer else { return site }
    return "\(site)/layer_\(layer < 10 ? "0" : "")\(layer)"
  }

  /// The dataset's path in the file.
  var path: String { "/activations/\(name)" }
}

extension ActivationDataset {
  /// Puts datasets in the order in which a unit's checksum runs over them: that of their paths' bytes,
  /// which is how any reader finds them.
  static func sorted(_ datasets: [ActivationDataset]) -> [ActivationDataset] {
    datasets.sorted { ByteString($0.path) < ByteString($1.path) }
  }
}
