import Foundation
import Kernels

extension Decoder {
  /// Largest error of the residual identity that a sound model may show, as a share of the stream's RMS.
  public static let residualIdentityTolerance = 1e-5

  /// Checks `resid_pre + attn_out + mlp_out = resid_post` in every block on one short prompt.
  ///
  /// - Parameters:
  ///   - tokens: the prompt's ids.
  ///   - hooks: interventions to check with.
  ///   - space: the pass's buffers.
  /// - Returns: for each block, the RMS of the difference as a share of the RMS of `resid_post`.
  /// - Throws: `InferenceError.residualIdentity` where a block's error is above
  ///   `residualIdentityTolerance`.
  @discardableResult
  public func checkResidualIdentity(
    tokens: [Int32], hooks: [any ActivationHook] = [], _ space: inout DecoderWorkspace
  ) throws -> [Double] {
    var batch = TokenBatch()
    batch.append(tokens)
    let sum = ResidualSum(layerCount: description.layerCount)
    try forward(batch, hooks: HookTable(hooks + [sum], for: description), &space)
    for (layer, error) in sum.errors.enumerated() {
      // Written so that a NaN fails too.
      if !(error <= Self.residualIdentityTolerance) {
        throw InferenceError.residualIdentity(layer: layer, error: error)
      }
    }
    return sum.errors
  }
}

/// Adds up what each block says it added and compares with what left it.
private final class ResidualSum: ActivationHook {
  let sites: [HookSite]
  private(set) var errors: [Double]
  private var expected: [Double] = []

  init(layerCount: Int) {
    sites = (0..<layerCount).flatMap { layer in
      [SiteKind.residPre, .attentionOut, .mlpOut, .residPost].map { HookSite($0, layer: layer) }
    }
    errors = Array(repeating: .nan, count: layerCount)
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    let count = activation.values.count
    switch site.kind {
    case .residPre:
      expected = (0..<count).map { Double(activation.values[$0]) }
    case .residPost:
      var difference = 0.0
      var total = 0.0
      for index in 0..<count {
        let value = Double(activation.values[index])
        difference += (value - expected[index]) * (value - expected[index])
        total += value * value
      }
      errors[site.layer ?? 0] = total == 0 ? sqrt(difference) : sqrt(difference / total)
    default:
      for index in 0..<count { expected[index] += Double(activation.values[index]) }
    }
  }
}
