import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

/// Derivatives of tiny models of every family, from transformers and PEFT.
@Suite("Gradients")
struct GradientTests {
  static let models = [
    "llama-tied", "llama-untied", "llama-biased", "llama-rope-llama3", "mistral", "qwen2", "qwen3",
  ]

  @Test("match transformers for every parameter", arguments: models)
  func matchParameters(model: String) throws {
    let fixture = try GradientFixture(model)
    let decoder = try fixture.decoder(.weights(nil))
    let (_, losses) = try decoder.differentiate(fixture.batch, objective: fixture.objective)
    expectClose(losses.map(Float.init), try fixture.golden.floats("losses"), .decoder, "losses")
    let expected = fixture.golden.names.filter { $0.hasPrefix("full/") }
    #expect(decoder.tensors.map { "full/\($0.name)" }.sorted() == expected)
    for tensor in decoder.tensors {
      expectGradient(
        tensor.gradient.values, try fixture.golden.floats("full/\(tensor.name)"), tensor.name)
    }
  }

  @Test("match PEFT for every adapter", arguments: models)
  func matchAdapters(model: String) throws {
    let fixture = try GradientFixture(model)
    let decoder = try fixture.adaptedDecoder()
    let (_, losses) = try decoder.differentiate(fixture.batch, objective: fixture.objective)
    expectClose(
      losses.map(Float.init), try fixture.golden.floats("lora-losses"), .decoder, "losses")
    expectClose(
      try decoder.losses(fixture.batch, hooks: decoder.table()).map(Float.init),
      losses.map(Float.init), .kernel, "losses forward only")
    let expected = fixture.golden.names.filter { $0.hasPrefix("lora-gradient/") }
    #expect(decoder.tensors.map { "lora-gradient/\($0.name)" }.sorted() == expected)
    for tensor in decoder.tensors {
      expectGradient(
        tensor.gradient.values, try fixture.golden.floats("lora-gradient/\(tensor.name)"),
        tensor.name)
    }
  }

  @Test("match transformers at every site", arguments: models, [true, false])
  func matchSites(model: String, includesTensors: Bool) throws {
    let fixture = try GradientFixture(model)
    let decoder = try fixture.decoder(.weights(nil))
    let names = fixture.golden.names.filter { $0.hasPrefix("site/") }
    let sites = names.compactMap { HookSite(name: String($0.dropFirst(5))) }
    // Everything but scores and patterns.
    #expect(sites.count == 2 * 18 + 4)
    let capture = ActivationCapture(sites: sites)
    try decoder.differentiate(
      fixture.batch, gradientHooks: [capture], includesTensors: includesTensors,
      objective: fixture.objective)
    for site in sites {
      expectGradient(
        capture[site], try fixture.golden.floats("site/\(site.name)"), site.name)
    }
    if !includesTensors {
      #expect(decoder.gradients.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }

  @Test("in bfloat16 point the same way", arguments: models)
  func roundedProducts(model: String) throws {
    let fixture = try GradientFixture(model)
    let exact = try fixture.adaptedDecoder()
    let rounded = try fixture.adaptedDecoder(precision: .bf16)
    try exact.differentiate(fixture.batch, objective: fixture.objective)
    try rounded.differentiate(fixture.batch, objective: fixture.objective)
    for (left, right) in zip(exact.tensors, rounded.tensors) {
      let similarity = cosine(left.gradient.values, right.gradient.values)
      // Three digits of bfloat16 through two blocks of width 32.
      #expect(similarity > 0.97, "\(left.name)")
    }
  }

  private func cosine(_ left: [Float], _ right: [Float]) -> Float {
    let product = zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    let squares = left.reduce(0) { $0 + $1 * $1 } * right.reduce(0) { $0 + $1 * $1 }
    return product / squares.squareRoot()
  }
}
