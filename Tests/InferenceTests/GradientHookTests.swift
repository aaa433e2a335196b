import Inference
import Kernels
import TestSupport
import Testing

/// Hooks and dropout on the way forward, against central differences.
@Suite("Gradients through hooks")
struct GradientHookTests {
  /// Where vectors are added.
  static let sites: [SiteKind] = [
    .residPre, .ln1Normalized, .ln1Out, .query, .rotatedKey, .value, .headOutput, .attentionOut,
    .residMid, .ln2Normalized, .ln2Out, .mlpPre, .mlpPost, .mlpOut, .residPost,
  ]

  @Test("are exact for an added vector, and come out at its site", arguments: sites)
  func addedVector(kind: SiteKind) throws {
    let fixture = try GradientFixture("qwen3")
    let decoder = try fixture.adaptedDecoder(activationByteLimit: 0)
    let width = kind.width(in: decoder.description) ?? 0
    let direction = randomValues(width, seed: 8)
    func hook(_ scale: Float) -> Intervention {
      Intervention(.add(direction.map { $0 * (0.5 + scale) }), at: kind, layers: [0])
    }
    func loss(_ scale: Float) throws -> Double {
      fixture.objective(
        try decoder.losses(fixture.batch, hooks: decoder.table([hook(scale)]))
      ).loss
    }
    let site = HookSite(kind, layer: 0)
    let capture = ActivationCapture(sites: [site])
    try decoder.differentiate(
      fixture.batch, hooks: [hook(0)], gradientHooks: [capture], objective: fixture.objective)
    let gradient = capture[site]
    let slope = gradient.indices.reduce(0.0) {
      $0 + Double(gradient[$1]) * Double(direction[$1 % width])
    }
    let step: Float = 4e-3
    let difference = (try loss(step) - loss(-step)) / Double(2 * step)
    let scale = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(slope - difference) <= Tolerance.difference.share * max(abs(slope), scale))

    // Hooked blocks keep all they need: hooks are not called twice.
    try expectDifference(decoder, fixture, hooks: [hook(0)], dropout: nil)
  }

  @Test("are those of the loss under dropout, which the draw alone decides")
  func dropout() throws {
    let fixture = try GradientFixture("qwen2")
    let decoder = try fixture.adaptedDecoder(dropout: 0.4)
    let draw = DropoutDraw(seed: 5, step: 2)
    let plain = try decoder.differentiate(fixture.batch)
    let first = try decoder.differentiate(fixture.batch, dropout: draw)
    let again = try decoder.differentiate(fixture.batch, dropout: draw)
    let other = try decoder.differentiate(fixture.batch, dropout: DropoutDraw(seed: 5, step: 3))
    #expect(first.targetLosses == again.targetLosses)
    #expect(first.targetLosses != other.targetLosses && first.targetLosses != plain.targetLosses)
    try expectDifference(decoder, fixture, hooks: [], dropout: draw)
  }

  /// Compares the derivative along a random direction of all tensors with a central difference.
  private func expectDifference(
    _ decoder: TrainableDecoder, _ fixture: GradientFixture, hooks: [any ActivationHook],
    dropout: DropoutDraw?
  ) throws {
    func loss() throws -> Double {
      try decoder.differentiate(
        fixture.batch, hooks: hooks, dropout: dropout, objective: fixture.objective
      ).loss
    }
    decoder.clearGradients()
    _ = try loss()
    let gradients = decoder.gradients
    var slope = 0.0
    var values: [[Float]] = []
    var directions: [[Float]] = []
    for (index, tensor) in decoder.tensors.enumerated() {
      let gradient = gradients[tensor.name] ?? []
      // Along the gradient mostly, so that the slope stands out of the loss's rounding.
      let noise = randomValues(gradient.count, seed: UInt64(index))
      directions.append(zip(gradient, noise).map { $0 + 0.02 * $1 })
      values.append(tensor.values.values)
      slope += zip(gradient, directions[index]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    func loss(at step: Float) throws -> Double {
      for (index, tensor) in decoder.tensors.enumerated() {
        tensor.values = FloatMatrix(
          zip(values[index], directions[index]).map { $0 + step * $1 }, width: tensor.values.width)
      }
      return try loss()
    }
    // The loss moves by about a hundredth either way: far above its rounding, little enough to be straight.
    let step = Float(5e-3 / slope)
    let difference = (try loss(at: step) - loss(at: -step)) / Double(2 * step)
    _ = try loss(at: 0)
    #expect(abs(slope - difference) <= Tolerance.difference.share * abs(slope))
  }
}
