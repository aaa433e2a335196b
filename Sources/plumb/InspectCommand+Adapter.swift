import ArgumentParser
import Inference
import ModelFiles

extension InspectCommand {
  /// Describes an adapter, and measures its update against a model where one is named.
  func printAdapter() throws {
    let applied = try AppliedAdapter(path: path)
    let model = try model.map { try ModelOption.open($0) }
    if let model { _ = try AdaptedModel(model.checkpoint, adapters: [applied]) }
    let summary = try AdapterSummary(applied.adapter, path: path, model: model)
    if json { return try Console.output(json: summary) }
    for line in summary.lines { try Console.output(line) }
  }
}

/// What `plumb inspect` tells of an adapter.
private struct AdapterSummary: Encodable {
  struct Module: Encodable {
    let module: String
    let rank: Int
    let alpha: Double
    let scaling: Double
    /// `[out, in]`.
    let shape: [Int]
    /// `scaling × |B A|`.
    let updateNorm: Double
    /// The same as a share of `|W|`; left out without a model.
    let relativeNorm: Double?
  }

  let path: String
  let sha256: String
  let rank: Int
  let alpha: Double
  let rankStabilized: Bool
  let dropout: Double
  let targets: [String]
  let layers: [Int]
  let baseModel: String?
  let baseSha256: String?
  let parameters: Int
  let modules: [Module]

  init(_ adapter: LowRankAdapter, path: String, model: AdaptedModel?) throws {
    let configuration = adapter.configuration
    self.path = path
    sha256 = adapter.digest()
    rank = configuration.rank
    alpha = configuration.alpha
    rankStabilized = configuration.isRankStabilized
    dropout = configuration.dropout
    targets = Set(
      adapter.modules.map { $0.path.split(separator: ".").last.map(String.init) ?? $0.path }
    ).sorted()
    layers = Set(adapter.modules.compactMap(\.path.layerOfModulePath)).sorted()
    baseModel = configuration.baseModel
    baseSha256 = adapter.baseDigest
    parameters = adapter.modules.reduce(0) { $0 + $1.down.count + $1.up.count }
    modules = try adapter.modules.map { module in
      let norm = adapter.updateNorm(of: module)
      return Module(
        module: module.path, rank: module.rank, alpha: configuration.alpha(of: module.path),
        scaling: adapter.scaling(of: module), shape: [module.outputWidth, module.inputWidth],
        updateNorm: norm,
        relativeNorm: try model.map { norm / (try $0.weightNorm(ofModule: module.path)) })
    }
  }

  /// The summary for people: the adapter, then a line for each module.
  var lines: [String] {
    let facts: [(name: String, value: String)] = [
      ("path", path), ("sha256", sha256),
      ("rank", Set(modules.map(\.rank)).sorted().map(String.init).joined(separator: ", ")),
      ("alpha", "\(alpha)" + (rankStabilized ? ", divided by the root of the rank" : "")),
      ("targets", targets.joined(separator: ", ")),
      ("layers", LayerRuns.text(layers)), ("parameters", "\(parameters)"),
      ("base model", baseModel ?? "not named"), ("base sha256", baseSha256 ?? "not recorded"),
      (
        "effect",
        modules.allSatisfy { $0.updateNorm == 0 }
          ? "none: the update is zero everywhere" : "see below"
      ),
    ]
    let width = facts.map(\.name.count).max() ?? 0
    let longest = modules.map(\.module.count).max() ?? 0
    return facts.map { fact in
      fact.name.padding(width) + "  " + ByteString(fact.value).description
    }
      + modules.map { module in
        module.module.padding(longest)
          + "  r \(module.rank)  scaling \(module.scaling.rounded(toPlaces: 4))  "
          + "|ΔW| \(module.updateNorm.rounded(toPlaces: 6))"
          + (module.relativeNorm.map { "  \(($0 * 100).rounded(toPlaces: 3)) % of |W|" } ?? "")
      }
  }
}

/// Layers as runs, such as `0-9,14`.
private enum LayerRuns {
  static func text(_ layers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for layer in layers {
      if let last = runs.last, last.upperBound + 1 == layer {
        runs[runs.count - 1] = last.lowerBound...layer
      } else {
        runs.append(layer...layer)
      }
    }
    let texts = runs.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }
    return texts.isEmpty ? "none" : texts.joined(separator: ",")
  }
}

extension String {
  /// The text with spaces behind it up to a width.
  fileprivate func padding(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
