extension LayerDrift {
  /// The layers whose probe had some fate.
  public func layers(_ fate: ProbeFate) -> [Int] {
    layers.filter { $0.probe.fate == fate }.map(\.layer)
  }

  /// Layers where only a probe fitted anew reads what the probe of the model before read.
  public var movedLayers: [Int] { layers(.moved) }
  /// Layers where neither reads as much as before.
  public var goneLayers: [Int] { layers(.gone) }

  /// Layers where the probe of the model before lost more than the margin, whatever one fitted anew does.
  public var lostLayers: [Int] {
    layers.filter { layer in
      layer.probe.fate != .unusable
        && layer.probe.frozenChange.map { $0.high < -options.margin } ?? false
    }.map(\.layer)
  }

  /// Layers whose direction turned further than drawing other prompts turns it.
  public var turnedLayers: [Int] { layers.filter(\.direction.isTurned).map(\.layer) }

  /// Layers behind which vectors of either class changed by more than the share that counts.
  public var changedLayers: [Int] {
    layers.filter { layer in
      [layer.stream.harmful, layer.stream.harmless].contains {
        $0.map { $0.low > options.changedShare } ?? false
      }
    }.map(\.layer)
  }

  /// Layers behind which vectors of class 1 changed more than those of class 0, all layers considered.
  public var harmfulLayers: [Int] {
    layers.filter { $0.stream.difference.map { $0.low > 0 } ?? false }.map(\.layer)
  }

  /// Layers behind which vectors of class 0 changed more.
  public var harmlessLayers: [Int] {
    layers.filter { $0.stream.difference.map { $0.high < 0 } ?? false }.map(\.layer)
  }

  /// The first tokens' share of all divergence of next tokens; nil where there is none.
  public var firstTokenShare: Estimate? { replies.all.firstShare }

  /// Whether next tokens differ by more than what counts.
  public var nextTokensDiffer: Bool {
    replies.all.mean.map { $0.low > options.divergenceMargin } ?? false
  }

  /// Whether every vector and every next-token distribution is the same in both models.
  public var isIdentical: Bool {
    replies.all.mean?.value == 0
      && layers.allSatisfy { $0.stream.harmful?.value == 0 && $0.stream.harmless?.value == 0 }
  }

  /// Whether anything is shown to have changed.
  public var findsChange: Bool {
    nextTokensDiffer
      || [lostLayers, turnedLayers, changedLayers, harmfulLayers, harmlessLayers]
        .contains { !$0.isEmpty }
  }
}

extension ReplyDrift {
  /// Whether the first tokens have more of the divergence than their number gives them.
  public var isConcentrated: Bool { all.excess.map { $0.low > 0 } ?? false }
  /// Whether they have less.
  public var isDelayed: Bool { all.excess.map { $0.high < 0 } ?? false }
}
