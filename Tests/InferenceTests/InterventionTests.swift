import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization

@Suite("Interventions")
struct InterventionTests {
  let decoder: Decoder
  let site = HookSite(.residPost, layer: 0)
  let ids: [Int32] = [5, 6, 7, 8]
  let roles: [PositionRole] = [.template, .user, .user, .tail]

  init() throws {
    decoder = try Decoder(Checkpoint(path: Goldens.path("models/llama-untied")), threads: 1)
  }

  /// The site's rows after an intervention, and without it.
  private func rows(
    _ operation: Intervention.Operation?, on target: Intervention.Target = .all
  ) throws -> [[Float]] {
    var batch = TokenBatch()
    batch.append(ids, roles: roles)
    let capture = ActivationCapture(sites: [site])
    let hooks: [any ActivationHook] =
      operation.map { [Intervention($0, at: .residPost, layers: [0], on: target), capture] }
      ?? [capture]
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.forward(batch, hooks: HookTable(hooks, for: decoder.description), &space)
    let width = decoder.description.dModel
    return (0..<ids.count).map { Array(capture[site][$0 * width..<($0 + 1) * width]) }
  }

  private var direction: Direction {
    get throws {
      try Direction(
        randomValues(decoder.description.dModel, seed: 11), site: site, source: "a test vector")
    }
  }

  private func component(_ row: [Float], _ unit: [Float]) -> Double {
    zip(row, unit).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  @Test("project a direction out of every row")
  func projectOut() throws {
    let unit = try direction.unit
    for (before, after) in zip(try rows(nil), try rows(.projectOut(unit))) {
      let expected = zip(before, unit).map { Double($0) - component(before, unit) * Double($1) }
      expectClose(after, expected, .kernel)
    }
  }

  @Test("move every row as far along another line as projecting a direction out would")
  func moveAsProjecting() throws {
    let unit = try direction.unit
    let other = try Direction(
      randomValues(decoder.description.dModel, seed: 14), site: site, source: "a test vector"
    ).unit
    let moved = try rows(.moveAsProjecting(unit, along: other))
    for (before, after) in zip(try rows(nil), moved) {
      let expected = zip(before, other).map { Double($0) - component(before, unit) * Double($1) }
      expectClose(after, expected, .kernel)
    }
  }

  @Test("set a direction's component to a value")
  func set() throws {
    let unit = try direction.unit
    for (before, after) in zip(try rows(nil), try rows(.set(unit, value: 3))) {
      let change = 3 - component(before, unit)
      expectClose(after, zip(before, unit).map { Double($0) + change * Double($1) }, .kernel)
    }
  }

  @Test("add a vector to rows of one role alone")
  func addByRole() throws {
    let vector = randomValues(decoder.description.dModel, seed: 12)
    let before = try rows(nil)
    let after = try rows(.add(vector), on: .roles([.user]))
    #expect(after[0] == before[0])
    #expect(after[3] == before[3])
    for row in 1...2 { expectClose(after[row], zip(before[row], vector).map { $0 + $1 }, .kernel) }
  }

  @Test("scale the last row alone")
  func scaleLast() throws {
    let before = try rows(nil)
    let after = try rows(.scale(-2), on: .last)
    #expect(Array(after[..<3]) == Array(before[..<3]))
    #expect(after[3] == before[3].map { -2 * $0 })
  }

  @Test("patch rows with given ones")
  func patch() throws {
    let given = randomValues(4 * decoder.description.dModel, seed: 13)
    #expect(try rows(.patch(given)).flatMap { $0 } == given)
  }

  @Test("measure strength in units of the median norm of last rows")
  func medianNorm() throws {
    let median = MedianNorm(of: .residPost, layers: [0])
    var batch = TokenBatch()
    batch.append([5, 6])
    batch.append([7])
    batch.append([8, 9, 10])
    let capture = ActivationCapture(sites: [site], rows: batch.lastRows)
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.forward(
      batch, hooks: HookTable([median, capture], for: decoder.description), &space)
    let width = decoder.description.dModel
    let norms = (0..<3).map { row in
      let values = Array(capture[site][row * width..<(row + 1) * width])
      return component(values, values).squareRoot()
    }.sorted()
    #expect(median[site] == norms[1])
  }

  @Test("refuse a vector without a direction")
  func zeroVector() {
    #expect(throws: InferenceError.zeroVector(source: "zeros")) {
      try Direction([0, 0], site: site, source: "zeros")
    }
  }
}
