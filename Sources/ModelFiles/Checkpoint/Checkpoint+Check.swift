extension Checkpoint {
  /// Compares the tensors with what a model needs, and reports everything that does not fit at once.
  ///
  /// Tensors that only repeat what the configuration says, such as rotary frequencies, may be there.
  public func check(_ requirements: [TensorRequirement]) throws(ModelFileError) {
    var mismatches = TensorMismatches()
    var needed: Set<ByteString> = []
    for requirement in requirements {
      let name = ByteString(requirement.name)
      needed.insert(name)
      guard let tensor = tensors[name] else {
        if !requirement.isOptional { mismatches.missing.append(requirement.name) }
        continue
      }
      if tensor.shape != requirement.shape {
        mismatches.misshapen.append(
          TensorMismatches.Misshapen(
            name: requirement.name, file: fileName(of: tensor), found: tensor.shape,
            expected: requirement.shape, because: requirement.because))
      } else if !tensor.elementType.isReadable {
        mismatches.unreadable.append(
          TensorMismatches.Unreadable(name: requirement.name, type: tensor.elementType.name))
      }
    }
    mismatches.unused = tensors.keys
      .filter { !needed.contains($0) && !Self.isIgnorable($0) }
      .sorted().map(\.description)
    guard mismatches.isEmpty else {
      throw .tensorsDoNotFit(path: path, format: format, mismatches)
    }
  }

  /// Whether a tensor holds rotary frequencies, which the configuration gives.
  private static func isIgnorable(_ name: ByteString) -> Bool {
    let text = name.string
    return text == "rotary_emb.inv_freq" || text.hasSuffix(".rotary_emb.inv_freq")
      || text.hasSuffix(".attn_rot_embd.weight")
  }
}
