/// The tensors of an adapter file, paired by module.
struct AdapterTensors {
  private struct Pair {
    var down: StoredTensor?
    var up: StoredTensor?
  }

  private var pairs: [ByteString: Pair] = [:]
  private var strangers: [String] = []

  /// Sorts tensors by what their names say.
  init(_ tensors: [StoredTensor]) {
    for tensor in tensors {
      guard let (path, isDown) = Self.place(tensor.name) else {
        strangers.append(tensor.name.description)
        continue
      }
      var pair = pairs[path] ?? Pair()
      if (isDown ? pair.down : pair.up) != nil {
        // The same factor once with and once without the name of an adapter.
        strangers.append(tensor.name.description)
      } else if isDown {
        pair.down = tensor
      } else {
        pair.up = tensor
      }
      pairs[path] = pair
    }
  }

  /// The modules, or an error that tells everything that does not fit the configuration.
  func modules(
    _ configuration: AdapterConfiguration, path file: String, fileName: String
  ) throws(ModelFileError) -> [AdapterFile.Module] {
    var modules: [AdapterFile.Module] = []
    var mismatches = TensorMismatches()
    mismatches.unused = strangers
    for (key, pair) in pairs.sorted(by: { $0.key < $1.key }) {
      let path = key.string
      let rank = configuration.rank(of: path)
      guard let down = pair.down, let up = pair.up else {
        let missing = pair.down == nil ? "lora_A" : "lora_B"
        mismatches.missing.append("\(Self.prefix)\(key).\(missing).weight")
        continue
      }
      let reason = "r is \(rank) for this module"
      for (tensor, isDown) in [(down, true), (up, false)] {
        if !tensor.elementType.isReadable {
          mismatches.unreadable.append(
            TensorMismatches.Unreadable(
              name: tensor.name.description, type: tensor.elementType.name))
        } else if let expected = Self.expectedShape(tensor.shape, rank: rank, isDown: isDown) {
          mismatches.misshapen.append(
            TensorMismatches.Misshapen(
              name: tensor.name.description, file: fileName, found: tensor.shape,
              expected: expected, because: reason))
        }
      }
      modules.append(AdapterFile.Module(path: path, rank: rank, down: down, up: up))
    }
    if pairs.isEmpty { mismatches.missing.append("every lora_A and lora_B") }
    guard mismatches.isEmpty else {
      throw .adapterDoesNotFit(path: file, source: .configuration, mismatches)
    }
    return modules.sorted { $0.path.comesBeforeModule($1.path) }
  }

  static let prefix = "base_model.model."

  /// The module's path and which factor, of `base_model.model.<path>.lora_A.weight`; the name of an adapter may
  /// stand before `weight`.
  private static func place(_ name: ByteString) -> (path: ByteString, isDown: Bool)? {
    var parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard parts.popLast() == "weight", parts.count > 3, parts[0] == "base_model",
      parts[1] == "model"
    else { return nil }
    if parts[parts.count - 1] != "lora_A", parts[parts.count - 1] != "lora_B" { parts.removeLast() }
    guard let factor = parts.popLast(), factor == "lora_A" || factor == "lora_B", parts.count > 2
    else { return nil }
    return (ByteString(parts[2...].joined(separator: ".")), factor == "lora_A")
  }

  /// The shape a factor should have, with zeros made ones; nil where its shape is good.
  private static func expectedShape(_ shape: [Int], rank: Int, isDown: Bool) -> [Int]? {
    let other = shape.count == 2 ? max(shape[isDown ? 1 : 0], 1) : shape.reduce(1, *) / rank
    let expected = isDown ? [rank, max(other, 1)] : [max(other, 1), rank]
    return shape == expected ? nil : expected
  }
}
