extension LowRankAdapter {
  /// Writes a folder that PEFT loads: `adapter_config.json`, `adapter_model.safetensors` and a model card.
  ///
  /// Equal adapters give equal bytes. The folder appears under its name only when all of it is on disk.
  ///
  /// - Parameters:
  ///   - path: the folder to make; an entry of that name is an error.
  ///   - origin: a few lines for the card on how the adapter was made.
  /// - Throws: `ModelFileError.folderExists` and `.cannotWrite`.
  public func write(to path: String, origin: String) throws(ModelFileError) {
    try AtomicFolder.write(to: path) { (folder) throws(ModelFileError) in
      try write(into: folder, origin: origin)
    }
  }

  /// Writes the files into a folder that is being made.
  package func write(into folder: AtomicFolder, origin: String) throws(ModelFileError) {
    try folder.write(
      JSONValue.object(configuration.json).indentedText() + [UInt8(ascii: "\n")],
      to: AdapterFile.configurationName)
    var metadata = ["format": "pt"]
    metadata[AdapterFile.baseDigestKey.string] = baseDigest
    var writer = SafetensorsWriter(metadata: metadata)
    for module in modules {
      let name = AdapterTensors.prefix + module.path
      writer.add(
        "\(name).lora_A.weight", shape: [module.rank, module.inputWidth], values: module.down)
      writer.add(
        "\(name).lora_B.weight", shape: [module.outputWidth, module.rank], values: module.up)
    }
    try writer.write(to: folder.path(of: AdapterFile.weightsName))
    try folder.write(Array(card(origin).utf8), to: "README.md")
  }

  private func card(_ origin: String) -> String {
    let ranks = Set(modules.map(\.rank)).sorted().map(String.init).joined(separator: ", ")
    let names = Set(modules.map { $0.path.split(separator: ".").last.map(String.init) ?? $0.path })
    return """
      ---
      library_name: peft
      ---

      A LoRA adapter of rank \(ranks) on \(names.sorted().joined(separator: ", ")), \(modules.count) \
      modules in all.

      \(origin)

      """
  }
}
