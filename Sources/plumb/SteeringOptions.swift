import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Tokenization

/// A vector to add to, or project out of, activations during generation.
struct SteeringOptions: ParsableArguments {
  @Option(
    help: "A vector that plumb vector made, or FILE.safetensors[:TENSOR] with a plain one.")
  var steer: String?
  @Option(
    help: """
      Strength, in units of the site's median norm over the prompts' last positions (default: the \
      length of the vector as plumb vector made it; for a plain one 1).
      """)
  var scale: Float?
  @Option(help: "The site to change (default: the vector's own; for a plain one resid_post).")
  var site: String?
  @Option(
    help: """
      Layers such as 12, 10-14 or all (default: the vector's own; for a plain one all).
      """)
  var layers: String?
  @Flag(help: "Project the vector out instead of adding it; a typed vector says so itself.")
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

  /// The vector asked for, checked against the model; nil without one.
  func steering(of model: AdaptedModel, _ encoder: PromptEncoder) throws -> Steering? {
    guard let steer else { return nil }
    let reference = VectorReference(steer)
    let file = try SafetensorsFile(path: reference.path)
    let asked = try site.map(blockSite)
    let layerCount = model.checkpoint.configuration.layerCount
    guard let vector = try TypedVector(file) else {
      return Steering(
        source: steer, values: try reference.plainVector(of: file), kind: asked ?? .residPost,
        layers: try LayerSelection.parse(layers ?? "all", layerCount: layerCount),
        projectsOut: projectOut, keepsLength: false)
    }
    try vector.demand(TypedVector.Space(of: model, encoder), path: reference.path)
    if let asked { try vector.demand(asked, path: reference.path) }
    let isProjection = vector.meaning.operation == .projectOut
    try vector.demand(projectOut || isProjection ? .projectOut : .add, path: reference.path)
    guard scale == nil || !isProjection else {
      throw CommandError.conflict(
        "The vector in \(ByteString(reference.path)) is projected out, all of it; leave out --scale."
      )
    }
    return Steering(
      source: steer, values: vector.values, kind: vector.meaning.site.kind,
      layers: try LayerSelection.parse(
        layers ?? vector.meaning.site.layer.map(String.init) ?? "all", layerCount: layerCount),
      projectsOut: isProjection, keepsLength: scale == nil)
  }

  private func blockSite(_ text: String) throws -> SiteKind {
    guard let kind = try SiteSelection.parse(text).first, kind.isPerLayer else {
      throw CommandError.option(name: "site", value: text, expected: "a site of the blocks")
    }
    return kind
  }
}

/// A vector, where it acts and how.
struct Steering {
  /// What to call it in an error.
  let source: String
  let values: [Float]
  let kind: SiteKind
  let layers: [Int]
  let projectsOut: Bool
  /// Whether it is added as long as it is.
  let keepsLength: Bool

  /// The interventions on a decoder's passes.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prompts: whose last positions give the site's median norm.
  ///   - scale: the strength in median norms, for a vector that does not keep its length.
  /// - Returns: the interventions, in the order of the layers.
  /// - Throws: `InferenceError` where the vector has another width or no direction.
  func interventions(
    for decoder: Decoder, prompts: [TokenizedPrompt], scale: Float
  ) throws -> [any ActivationHook] {
    let direction = try Direction(
      values, site: HookSite(kind, layer: kind.isPerLayer ? layers[0] : nil), source: source)
    guard values.count == kind.width(in: decoder.description) else {
      throw InferenceError.vectorWidth(
        source: source, found: values.count, site: kind.rawValue,
        expected: kind.width(in: decoder.description) ?? 0)
    }
    if projectsOut {
      return [Intervention(.projectOut(direction.unit), at: kind, layers: layers)]
    }
    if keepsLength { return [Intervention(.add(values), at: kind, layers: layers)] }
    let median = MedianNorm(of: kind, layers: layers)
    var space = DecoderWorkspace(for: decoder.description)
    for prompt in prompts {
      try decoder.forward(
        TokenBatch([prompt]), hooks: HookTable([median], for: decoder.description), &space)
    }
    return median.sites.map { site in
      let strength = scale * Float(median[site] ?? 0)
      return Intervention(
        .add(direction.unit.map { strength * $0 }), at: kind, layers: site.layer.map { [$0] } ?? [])
    }
  }
}

/// A safetensors file and, after a colon, the name of one of its tensors.
private struct VectorReference {
  let path: String
  let name: String?

  init(_ text: String) {
    let marker = ".safetensors:"
    if let range = text.range(of: marker, options: .backwards) {
      path = String(text[..<range.upperBound].dropLast())
      name = String(text[range.upperBound...])
    } else {
      path = text
      name = nil
    }
  }

  /// The one vector of that name, or the only one, of a file that does not say what it is for.
  func plainVector(of file: SafetensorsFile) throws -> [Float] {
    let vectors = file.tensors.filter { $0.shape.count == 1 && $0.shape[0] > 1 }
    let chosen = vectors.filter { name == nil || $0.name == ByteString(name ?? "") }
    guard chosen.count == 1, let vector = chosen.first else {
      throw CommandError.vector(
        path: path, name: name, available: vectors.map(\.name.description))
    }
    return try file.floats(of: vector)
  }
}
