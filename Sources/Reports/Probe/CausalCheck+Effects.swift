import Foundation
import Probes

/// One row of the causal table.
struct CausalEffectRow {
  /// What was done.
  let intervention: String
  /// To prompts of which class.
  let label: Int
  /// What that did.
  let found: ClassEffect
}

extension CausalCheck {
  /// The effects, one for each intervention and class.
  var effects: [CausalEffectRow] {
    var interventions = [("projected out", removal)]
    for addition in additions {
      let length = String(format: "%.3g", addition.length)
      interventions.append(("added, length \(length)", addition.added))
      interventions.append(("subtracted, length \(length)", addition.subtracted))
    }
    return interventions.flatMap { name, effect in
      [
        CausalEffectRow(intervention: name, label: 1, found: effect.positives),
        CausalEffectRow(intervention: name, label: 0, found: effect.negatives),
      ]
    }
  }
}
