import Probes

extension CriterionKind {
  /// What it is called in text.
  var words: String {
    switch self {
    case .probeGain: "probe gain"
    case .angleGap: "angle gap"
    case .attribution: "direct attribution"
    case .denoise: "denoising"
    case .noise: "noising"
    case .scaling: "scaling search"
    }
  }

  /// What it is called where there is little room.
  var short: String {
    switch self {
    case .probeGain: "probe"
    case .angleGap: "gap"
    case .attribution: "direct"
    case .denoise: "denoise"
    case .noise: "noise"
    case .scaling: "scale"
    }
  }

  /// What a large figure of a layer means.
  var meaning: String {
    switch self {
    case .probeGain:
      """
      How much better a linear probe behind the layer tells the classes apart than the text alone does (area \
      under the ROC curve above the best baseline's, held-out groups).
      """
    case .angleGap:
      """
      How much larger the angle between a harmless and a harmful prompt's vectors behind the layer is than \
      that between two harmless ones' (degrees).
      """
    case .attribution:
      """
      What attention and MLP of the layer write along the refusal direction, harmful prompts less harmless \
      ones, at the position where that is most.
      """
    case .denoise:
      """
      How much of a refusal the layer's attention or MLP alone carries into an answered prompt (share of the \
      pair's difference in refusal log-odds).
      """
    case .noise:
      """
      How much of a refusal goes where the layer's attention or MLP is taken from the answered prompt \
      instead (share of the same difference).
      """
    case .scaling:
      """
      In what share of draws of prompts the layer is in the range whose scaling changes refusals of harmless \
      prompts most.
      """
    }
  }

  /// What makes the figures.
  var command: String {
    switch self {
    case .probeGain: "plumb layers rank"
    case .angleGap: "plumb layers gap"
    case .attribution: "plumb layers patch --direction"
    case .denoise, .noise: "plumb layers patch"
    case .scaling: "plumb layers search"
    }
  }
}

extension MissingCriterion {
  /// What it needs, for a line that begins with its name.
  var needs: String {
    switch reason {
    case .notGiven: "which takes a result of \(kind.command): give its folder with --from"
    case .nothingFound:
      switch kind {
      case .probeGain: "for want of groups or of prompts of both classes to hold out"
      case .angleGap: "because no gap is larger than exchanged labels give"
      case .attribution: "for want of a direction along which the model refuses"
      case .denoise, .noise:
        "for want of pairs of which the model would refuse one and answer the other"
      case .scaling: "because no factor both kept replies coherent and made a difference"
      }
    case .flat: "because it says the same of every layer"
    }
  }
}
