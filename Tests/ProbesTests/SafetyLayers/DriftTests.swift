import Inference
import Kernels
import ModelFiles
import Probes
import Reports
import TestSupport
import Testing
import Tokenization

@Suite("Drift of layers")
struct DriftTests {
  /// Few draws, since tests compare several models.
  static let options = DriftOptions(draws: 200, tokens: 6, repliedPerClass: 8)

  /// Compares a planted model with itself changed.
  static func drift(
    _ before: TwinModel, threads: Int = 2, _ options: DriftOptions = DriftTests.options,
    _ change: (inout TwinModel) -> Void
  ) throws -> LayerDrift {
    var after = before
    change(&after)
    return try before.checks(threads: threads).layerDrift(
      to: after.checks(threads: threads), model: ComparedModel(digest: "tuned"),
      parts: before.parts, endOfSequence: [], options)
  }

  static func report(_ drift: LayerDrift) -> DriftReport {
    DriftReport(drift, origin: LayersOrigin.example, toolVersion: "0", backend: "none")
  }

  @Test("a model beside itself has not changed in anything, and the report says so")
  func same() throws {
    let found = try Self.drift(TwinModel(seed: 1)) { _ in }
    #expect(found.isIdentical && !found.findsChange && found.obstacles.isEmpty)
    for layer in found.layers {
      #expect(layer.probe.frozenChange?.value == 0 && layer.probe.refittedGain?.value == 0)
      #expect(layer.probe.before == layer.probe.frozen && layer.probe.back == layer.probe.before)
      #expect(layer.direction.turn ?? 0 == 0 && !layer.direction.isTurned)
      #expect(layer.direction.normBefore == layer.direction.normAfter)
      for change in [layer.stream.harmful, layer.stream.harmless, layer.stream.difference] {
        #expect(change?.low == 0 && change?.high == 0)
      }
    }
    #expect(found.layers(.kept) == [2, 3, 4, 5] && found.layers(.unusable) == [0, 1])
    #expect(found.replies.all.mean?.high == 0 && found.firstTokenShare == nil)
    #expect(found.replies.positions.count == 6)
    let forms = Self.report(found).forms
    #expect(forms.terminalText.hasPrefix("No change was found"))
    #expect(forms.markdown.contains("No change was found"))
    #expect(forms.html(charts: nil).contains("No change was found"))
  }

  @Test("what a block turns around has moved and turned from that block on, and nowhere before")
  func turned() throws {
    let found = try Self.drift(TwinModel(seed: 2, readingIn: 4)) { $0.turnSecurity(in: 4) }
    #expect(found.movedLayers == [4, 5] && found.lostLayers == [4, 5])
    #expect(found.goneLayers.isEmpty && found.layers(.kept) == [2, 3])
    #expect(found.turnedLayers == [4, 5] && found.changedLayers == [4, 5])
    for layer in found.layers.prefix(4) {
      #expect(layer.stream.harmful?.value == 0 && layer.direction.turn ?? 0 == 0)
      #expect(layer.probe.frozen == layer.probe.before)
    }
    for layer in found.layers.suffix(2) {
      #expect(layer.direction.cosine.map { $0.high < -0.9 } == true)
      #expect(layer.probe.frozen.auroc.map { $0.high < 0.05 } == true)
    }
    let report = Self.report(found)
    #expect(report.forms.markdown.hasPrefix("# Layers before and after: moved"))
    #expect(report.forms.terminalText.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let page = report.forms.html(charts: nil)
    #expect(page.contains("moved behind layers 4-5"))
    #expect(page.contains("Divergence of the next token") && page.contains("tuned"))
  }

  @Test("what a block no longer writes is gone from that block on")
  func gone() throws {
    let found = try Self.drift(TwinModel(seed: 3)) { $0.loseSecurity() }
    #expect(found.goneLayers == [2, 3, 4, 5] && found.movedLayers.isEmpty)
    #expect(found.layers(.unusable) == [0, 1] && found.changedLayers == [2, 3, 4, 5])
    #expect(found.layers.suffix(4).allSatisfy { $0.probe.refitted.auroc?.value == 0.5 })
    #expect(Self.report(found).forms.html(charts: nil).contains("in part, behind layers 2-5"))
  }

  @Test("the same figures whatever the threads, and others for other draws")
  func threads() throws {
    let model = TwinModel(seed: 2, readingIn: 4)
    let found = try [1, 3].map { threads in
      try Self.drift(model, threads: threads) { $0.turnSecurity(in: 4) }
    }
    #expect(found[0] == found[1])
  }

  @Test("too few prompts or groups are no ground for a sentence")
  func tooFew() throws {
    let found = try Self.drift(
      TwinModel(seed: 2, readingIn: 4), DriftOptions(promptsPerClass: 20, draws: 50, tokens: 2)
    ) { $0.turnSecurity(in: 4) }
    #expect(found.obstacles.map(\.count) == [.positives, .negatives])
    #expect(Self.report(found).forms.terminalText.hasPrefix("Not judged: there are 20 prompts"))
  }

  @Test("fates follow from whole intervals, not from figures")
  func fates() {
    func estimate(_ low: Double, _ high: Double) -> Estimate {
      Estimate(value: (low + high) / 2, low: low, high: high, draws: 9)
    }
    let (none, loss) = (estimate(-0.01, 0.01), estimate(-0.4, -0.2))
    func fate(
      _ frozen: Estimate, gain: Estimate, anew: Estimate, area: Estimate = estimate(0.9, 0.95)
    ) -> ProbeFate {
      ProbeFate(
        area: area, frozenChange: frozen, refittedGain: gain, refittedChange: anew, margin: 0.05)
    }
    #expect(fate(none, gain: none, anew: none) == .kept)
    #expect(fate(none, gain: none, anew: loss) == .kept)
    #expect(fate(loss, gain: loss.negated, anew: none) == .moved)
    #expect(fate(loss, gain: estimate(0.06, 0.2), anew: estimate(-0.3, -0.1)) == .moved)
    #expect(fate(loss, gain: none, anew: loss) == .gone)
    #expect(fate(loss, gain: estimate(0, 0.2), anew: estimate(-0.2, 0)) == .open)
    #expect(fate(estimate(-0.2, -0.04), gain: none, anew: none) == .open)
    #expect(fate(estimate(-0.06, -0.04), gain: none, anew: loss) == .open)
    #expect(fate(none, gain: none, anew: none, area: estimate(0.54, 0.9)) == .unusable)
    #expect(
      ProbeFate(
        area: nil, frozenChange: none, refittedGain: none, refittedChange: none, margin: 0.05)
        == .unusable)
  }
}

extension TwinModel {
  /// Lets a later block read the first mark, without writing anything of it.
  init(seed: UInt64, readingIn layer: Int) {
    self.init(seed: seed)
    let path = "model.layers.\(layer).self_attn"
    for column in 0..<CarryingWeights.description.dModel {
      weights.set("\(path).v_proj.weight", 1, column, column == CarryingWeights.marker ? 1 : 0)
      weights.set("\(path).o_proj.weight", column, 1, 0)
    }
  }

  /// Lets that block write the opposite of what was written before, and more of it: the stream is larger there.
  mutating func turnSecurity(in layer: Int) {
    weights.set(
      "model.layers.\(layer).self_attn.o_proj.weight", CarryingWeights.refusal, 1, -40)
  }
}
