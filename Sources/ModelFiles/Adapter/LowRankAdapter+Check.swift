extension LowRankAdapter {
  /// Compares the adapter with a model, and reports everything that does not fit at once.
  ///
  /// - Parameters:
  ///   - model: the path of each linear module of the model and the shape of its weight, `[out, in]`.
  ///   - name: what to call the adapter in an error.
  ///   - base: what to call the model in an error.
  /// - Throws: `ModelFileError.adapterDoesNotFit`.
  public func check(
    against model: [(path: String, shape: [Int])], name: String, base: String
  ) throws(ModelFileError) {
    var mismatches = TensorMismatches()
    let shapes = Dictionary(uniqueKeysWithValues: model.map { (ByteString($0.path), $0.shape) })
    for module in modules {
      let shape = [module.outputWidth, module.inputWidth]
      guard let expected = shapes[ByteString(module.path)] else {
        mismatches.unused.append(module.path)
        continue
      }
      if shape != expected {
        mismatches.misshapen.append(
          TensorMismatches.Misshapen(
            name: "the update of \(module.path)", file: name, found: shape, expected: expected,
            because: "the shape of the module's weight"))
      }
    }
    let held = Set(modules.map { ByteString($0.path) })
    for (path, _) in model
    where configuration.demands(path) == true && !held.contains(ByteString(path)) {
      mismatches.missing.append(path)
    }
    guard mismatches.isEmpty else {
      throw .adapterDoesNotFit(path: name, source: .model(base), mismatches)
    }
  }
}
