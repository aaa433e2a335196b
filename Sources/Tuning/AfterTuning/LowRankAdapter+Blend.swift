public import ModelFiles

extension LowRankAdapter {
  /// The adapter between nothing and itself, by a weight for each module; exact, by way of its alphas.
  public func blended(_ weights: BlendWeights) -> LowRankAdapter {
    if weights.isUniform { return scaled(by: weights.standard) }
    var configuration = configuration
    configuration.alphas = modules.compactMap { module in
      ModulePattern("^" + module.path).map {
        AdapterConfiguration.Exception(
          modules: $0,
          value: configuration.alpha(of: module.path) * weights.weight(ofModule: module.path))
      }
    }
    return LowRankAdapter(configuration, modules: modules, baseDigest: baseDigest)
  }
}
