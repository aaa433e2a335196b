import Inference
import Kernels
import Tokenization

/// Classifiers fitted on a model as it is.
struct StudyClassifiers {
  let security: SeparationProbe
  /// How well it does on all prompts that it was not fitted on.
  let heldOut: SeparationFigures
  /// How well security is told from the mean over all positions.
  let pooled: SeparationFigures
  let control: Control?

  /// A probe of something unrelated.
  struct Control {
    let label: ControlLabel
    let probe: SeparationProbe
    /// Of the judged prompts.
    let labels: [Int]
  }

  /// Fits classifiers on what leaves the last block.
  ///
  /// - Parameters:
  ///   - prompts: prompts with the model.
  ///   - clean: what leaves the last block at the judged prompts' last positions.
  ///   - label: which control; nil takes the first that the model tells well, or else the one it tells best.
  /// - Throws: `ModelFileError` where weights cannot be read.
  init(_ prompts: StudyPrompts, clean: SharedRows, control label: ControlLabel? = nil) throws {
    let training = prompts.training
    let site = HookSite(.residPost, layer: training.decoder.description.layerCount - 1)
    let rows = try training.lastRows(of: Array(training.prompts.indices), at: [site])[0]
    let classes = training.prompts.map(\.label)
    security = try SeparationProbe(fitting: rows, labels: classes)
    heldOut = try prompts.heldOutFigures(of: security)
    let pooledProbe = try SeparationProbe(
      fitting: training.meanRows(at: site), labels: classes)
    pooled = SeparationFigures(
      scores: pooledProbe.scores(try prompts.judged.meanRows(at: site)), labels: prompts.labels)
    var best: (control: Control, area: Double)?
    for label in label.map({ [$0] }) ?? ControlLabel.allCases {
      let labels = prompts.labels(of: label)
      guard ControlLabel.divides(labels.training), ControlLabel.divides(labels.judged) else {
        continue
      }
      let probe = try SeparationProbe(fitting: rows, labels: labels.training)
      let area = SeparationFigures(scores: probe.scores(clean), labels: labels.judged).auroc
      if area > best?.area ?? 0 {
        best = (Control(label: label, probe: probe, labels: labels.judged), area)
      }
      if area >= ControlLabel.leastArea { break }
    }
    control = best?.control
  }
}

extension ModelChecks {
  /// The mean of a site's rows over all positions, `[prompt, width]`.
  fileprivate func meanRows(at site: HookSite) throws -> SharedRows {
    let means = try vectors(of: decoder, at: site, position: .mean)
    let width = means.count / max(tokens.count, 1)
    let rows = SharedRows(count: tokens.count, width: width)
    for row in 0..<tokens.count {
      rows.set(row, to: means.span.extracting(row * width..<(row + 1) * width))
    }
    return rows
  }
}
