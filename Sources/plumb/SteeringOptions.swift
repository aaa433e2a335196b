import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Tokenization

/// A vector to add to, or project out of, activations during generation.
struct SteeringOptions: ParsableArguments {
  @Option(help: "FILE.safetensors or FILE.safetensors:TENSOR with a vector.")
  var steer: String?
  @Option(
    help: """
      Strength, in units of the site's median norm over the prompts' last positions (default: 1).
      """)
  var scale: Float?
  @Option(help: "The site to change.")
  var site = "resid_post"
  @Option(help: "Layers such as 12, 10-14 or all.")
  var layers = "all"
  @Flag(help: "Project the vector out instead of adding it.")
  var projectOut = false

  func validate() throws {
    guard steer != nil || (scale == nil && !projectOut) else {
      throw ValidationError("--scale and --project-out need a vector; name one with --steer.")
    }
    guard scale == nil || !projectOut else {
      throw ValidationError("--project-out takes all of the vector away; leave out --scale.")
    }
    guard scale?.isFinite != false else { throw ValidationError("--scale must be a number.") }
  }

  /// The interventions asked for; none without a vector.
  func interventions(
    for decoder: Decoder, prompts: [TokenizedPrompt]
  ) throws -> [any ActivationHook] {
    guard let steer else { return [] }
    let layers = try LayerSelection.parse(layers, layerCount: decoder.description.layerCount)
    guard let kind = try SiteSelection.parse(site).first, kind.isPerLayer else {
      throw CommandError.option(name: "site", value: site, expected: "a site of the blocks")
    }
    let direction = try Direction(
      VectorFile.read(steer), site: HookSite(kind, layer: layers[0]), source: steer)
    guard direction.unit.count == kind.width(in: decoder.description) else {
      throw InferenceError.vectorWidth(
        source: steer, found: direction.unit.count, site: kind.rawValue,
        expected: kind.width(in: decoder.description) ?? 0)
    }
    if projectOut {
      return [Intervention(.projectOut(direction.unit), at: kind, layers: layers)]
    }
    let median = MedianNorm(of: kind, layers: layers)
    var space = DecoderWorkspace(for: decoder.description)
    for prompt in prompts {
      try decoder.forward(
        TokenBatch([prompt]), hooks: HookTable([median], for: decoder.description), &space)
    }
    return layers.map { layer in
      let strength = (scale ?? 1) * Float(median[HookSite(kind, layer: layer)] ?? 0)
      return Intervention(
        .add(direction.unit.map { strength * $0 }), at: kind, layers: [layer])
    }
  }
}

/// A vector in a safetensors file.
enum VectorFile {
  /// Reads `FILE` or `FILE:TENSOR`.
  static func read(_ reference: String) throws -> [Float] {
    let marker = ".safetensors:"
    let (path, name): (String, String?) =
      if let range = reference.range(of: marker, options: .backwards) {
        (String(reference[..<range.upperBound].dropLast()), String(reference[range.upperBound...]))
      } else {
        (reference, nil)
      }
    let file = try SafetensorsFile(path: path)
    let vectors = file.tensors.filter { $0.shape.count == 1 && $0.shape[0] > 1 }
    let chosen = vectors.filter { name == nil || $0.name == ByteString(name ?? "") }
    guard chosen.count == 1, let vector = chosen.first else {
      throw CommandError.vector(
        path: path, name: name, available: vectors.map(\.name.description))
    }
    return try file.floats(of: vector)
  }
}
