import Audit
import Inference
import Kernels
import ModelFiles
import Probes
import Tokenization

extension FrozenProbe {
  /// Reads a probe that was fitted on the model before the tuning, as the audit runs and asks it.
  ///
  /// - Throws: `ProbeError` for a probe of another model, template or precision, and `CommandError.conflict` for one
  ///   of prompts that were laid out in another way.
  init(
    path: String, name: String?, of model: AdaptedModel, encoder: PromptEncoder,
    precision: Precision
  ) throws {
    let file = try SavedProbes(path: path)
    let probe = try name.map { try file.probe($0) } ?? file.best
    try file.demand(
      model: model.checkpoint.digest(), adapter: model.adapterDigest,
      template: encoder.template?.digest)
    let origin = file.origin
    guard origin.precision == precision else {
      throw ProbeError.mismatch(
        path: path, what: "precision", found: ByteString(origin.precision.rawValue),
        expected: ByteString(precision.rawValue))
    }
    guard origin.encoding == encoder.options else {
      throw CommandError.conflict(
        "The probes in \(ByteString(path)) read prompts with another system text, --raw, --parse-special or "
          + "opening of the reply than this audit asks with; ask with the same, or fit probes on prompts as here."
      )
    }
    self.init(
      digest: Digest.sha256(of: try MappedFile(path: path)), name: probe.name,
      meaning: origin.meaningOfOne
    ) { prompt, decoder in
      try ProbeScorer(probe, decoder: decoder).score(prompt)
    }
  }
}
