import Activations
import Foundation
import TestSupport
import Testing

@Suite("plumb probe and score")
struct ProbeCommandTests {
  private static let files = ["probes.safetensors", "report.html", "report.md", "result.json"]

  @Test("writes its files with a result of schema 2")
  func files() async throws {
    let shared = try await SharedFixture.value
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: shared.results).sorted() == Self.files)
    let result = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: shared.results + "/result.json")))
    let object = try #require(result as? [String: Any])
    #expect(object["schema"] as? Int == 2)
    #expect(object["kind"] as? String == "probe")
    let analysis = try #require(object["analysis"] as? [String: Any])
    #expect((analysis["cells"] as? [Any])?.count == 4)
  }

  @Test("the same seed gives the same bytes with any number of threads; another seed does not")
  func determinism() async throws {
    let shared = try await SharedFixture.value
    let folder = try TestFolder()
    for (name, options) in [("one", ["--threads", "1"]), ("two", ["--threads", "2"])] {
      let result = try await plumbSucceeds(
        ["probe", shared.store, "--output", name, "--json"] + options, in: folder)
      #expect(try folder.bytes(name + "/result.json") == result.output)
      for file in Self.files {
        let expected = Array(
          try Data(contentsOf: URL(fileURLWithPath: "\(shared.results)/\(file)")))
        #expect(try folder.bytes("\(name)/\(file)") == expected, "\(file) of \(name)")
      }
    }
    try await plumbSucceeds(
      ["probe", shared.store, "--output", "one", "--seed", "1", "--overwrite"], in: folder)
    #expect(try folder.bytes("one/result.json") != folder.bytes("two/result.json"))
  }

  @Test("a score is the weights times the activation plus the bias")
  func scores() async throws {
    let shared = try await SharedFixture.value
    let store = try ActivationStore(path: shared.store)
    let file = Array(try Data(contentsOf: URL(fileURLWithPath: shared.probes)))
    let parts = try SafetensorsParts(file)
    for (layer, position) in [(0, "last"), (1, "user.last"), (1, "last")] {
      let name = "resid_post.layer_0\(layer).\(position)"
      let weights = parts.floats(of: name + ".weight")
      let bias = parts.floats(of: name + ".bias")
      try #require(weights.count == 36 && bias.count == 1)
      let expected = try (0..<store.prompts.count).map { prompt in
        let row = try #require(
          store.rows.prompts.indices.last {
            store.rows.prompts[$0] == Int32(prompt)
              && (store.rows.roles[$0] == 2) == (position == "user.last")
          })
        let values = try store.values(site: "resid_post", layer: layer, rows: row..<row + 1)
        return zip(weights, values).reduce(Double(bias[0])) { $0 + Double($1.0) * Double($1.1) }
      }
      let result = try await plumbSucceeds(
        [
          "score", "--probe", shared.probes, "--model", TinyModel.tied, "--prompts", shared.prompts,
          "--name", name,
        ], in: shared.folder)
      let lines = try result.lines.map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(lines.map { $0["id"] as? String } == (0..<expected.count).map { "p\($0)" })
      #expect(lines.allSatisfy { $0["probe"] as? String == name })
      let scores = lines.compactMap { $0["score"] as? Double }
      expectClose(scores.map { Float($0) }, expected, .kernel, "scores of \(name)")
    }
  }
}

extension SafetensorsParts {
  /// The values of a float32 tensor.
  func floats(of tensor: String) -> [Float] {
    let place = offsets(of: tensor)
    guard place.count == 2 else { return [] }
    return stride(from: place[0], to: place[1], by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[start + $1]) << (8 * $1) })
    }
  }
}
