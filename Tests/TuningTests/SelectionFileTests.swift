import Foundation
import Inference
import ModelFiles
import Testing

@Suite("Files of layers and modules")
struct SelectionFileTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("selections-\(UUID().uuidString)").path

  private func file(_ text: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = "\(folder)/\(UUID().uuidString).json"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("ranges and sets come back from their files")
  func roundTrips() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try file("")
    for range in [LayerRange(first: 5, last: 10), LayerRange(first: 0, last: 0), .none] {
      try range.write(to: path, model: "abc", overwriting: true)
      #expect(try LayerRange(path: path, model: "abc") == range)
    }
    let set = ModuleSet([
      ModuleSet.Member(.queryProjection, layer: 11), ModuleSet.Member(.downProjection, layer: 2),
    ])
    try set.write(to: path, model: "abc", overwriting: true)
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    #expect(
      text == """
        {"format":"plumbline-module-set","schema":1,"model":"abc",\
        "modules":[{"module":"down_proj","layer":2},{"module":"q_proj","layer":11}]}

        """)
    #expect(try ModuleSet(path: path, model: "abc") == set)
    try ModuleSet([]).write(to: path, model: "abc", overwriting: true)
    #expect(try ModuleSet(path: path, model: "abc").count == 0)
  }

  @Test("ranges are read as people write them")
  func texts() {
    #expect(LayerRange(text: "5-10") == LayerRange(first: 5, last: 10))
    #expect(LayerRange(text: "7") == LayerRange(first: 7, last: 7))
    for text in ["", "-", "5-", "-5", "10-5", "a-b", "1-2-3", "+1-2", " 1-2", "1.0-2"] {
      #expect(LayerRange(text: text) == nil, "\(text)")
    }
  }

  @Test("controls of a set have what it has not, or as many of each kind elsewhere")
  func controls() {
    let set = ModuleSet([
      ModuleSet.Member(.queryProjection, layer: 0), ModuleSet.Member(.queryProjection, layer: 1),
      ModuleSet.Member(.downProjection, layer: 9),
    ])
    let complement = set.complement(layerCount: 10)
    #expect(complement.count == 67)
    #expect(set.members.allSatisfy { !complement.contains($0.module, layer: $0.layer) })
    let drawn = set.redrawn(layerCount: 10, seed: 1)
    #expect(drawn.members.count { $0.module == .queryProjection } == 2 && drawn.count == 3)
    #expect(drawn == set.redrawn(layerCount: 10, seed: 1))
    #expect((0..<9).contains { set.redrawn(layerCount: 10, seed: $0) != drawn })
  }

  @Test("neither fits a model with fewer blocks")
  func fit() throws {
    try LayerRange(first: 0, last: 3).demandFit(layerCount: 4)
    #expect(throws: InferenceError.layerOutOfRange(layer: 4, layerCount: 4)) {
      try LayerRange(first: 0, last: 4).demandFit(layerCount: 4)
    }
    #expect(throws: InferenceError.layerOutOfRange(layer: 4, layerCount: 4)) {
      try ModuleSet([ModuleSet.Member(.keyProjection, layer: 4)]).demandFit(layerCount: 4)
    }
  }

  @Test(
    "what is wrong with a file is said",
    arguments: [
      (
        #"{"format":"plumbline-layer-range","schema":1,"model":"m","modules":[]}"#,
        "no plumbline-module-set"
      ),
      (#"{"schema":1,"model":"m","modules":[]}"#, "missing"),
      (#"{"format":"plumbline-module-set","schema":2,"model":"m","modules":[]}"#, "another schema"),
      (#"{"format":"plumbline-module-set","schema":1,"model":"n","modules":[]}"#, "of the model n"),
      (#"{"format":"plumbline-module-set","schema":1,"model":"m"}"#, "no array modules"),
      (
        #"{"format":"plumbline-module-set","schema":1,"model":"m","modules":[],"tau":1}"#, "\"tau\""
      ),
      (#"{"format":"plumbline-module-set","schema":1,"model":"m","modules":[1]}"#, "Entry 1"),
      (
        #"{"format":"plumbline-module-set","schema":1,"model":"m","modules":[{"module":"q_proj","layer":-1}]}"#,
        "Entry 1"
      ),
      (
        #"{"format":"plumbline-module-set","schema":1,"model":"m","modules":[{"module":"w_proj","layer":1}]}"#,
        "\"w_proj\""
      ),
      (
        #"{"format":"plumbline-module-set","schema":1,"model":"m","modules":[{"module":"lm_head","layer":1}]}"#,
        "\"lm_head\""
      ),
      (
        #"{"format":"plumbline-module-set","schema":1,"model":"m","modules":[{"module":"q_proj","layer":1},{"module":"q_proj","layer":1}]}"#,
        "q_proj of layer 1 twice"
      ),
    ])
  func faults(text: String, words: String) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try file(text)
    let error = #expect(throws: SelectionError.self) { try ModuleSet(path: path, model: "m") }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    // Sentences cut long names.
    #expect(error?.description.contains(path.prefix(60)) == true)
  }
}
