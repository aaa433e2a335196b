import Activations
import Foundation
import Kernels
import ModelFiles
import Probes
import Testing
import Tokenization

/// How far a figure may be from its reference, as a share of the reference.
enum Tolerance {
  /// Sums of whole numbers divided once.
  static let exactRatio = 1e-15
  /// An area under the ROC curve against scikit-learn's trapezoids.
  static let area = 1e-9
  /// The objective of a convex problem against another solver's; 1e-6 is promised.
  static let objective = 1e-9
  /// The gap between primal and dual, which closes with the first power of the last step.
  static let gap = 1e-6
  /// Scores at the optimum, where the objective is flat to second order.
  static let scores = 1e-4
  /// Double arithmetic in another order.
  static let rounding = 1e-11
  /// A linear system against another solver's solution of it.
  static let linearSystem = 1e-8
  /// Figures of activations after several blocks in single precision.
  static let decoder = 1e-4
  /// Weights rounded to single precision and multiplied again.
  static let singlePrecision = 1e-5
}

/// Fails unless two figures agree to a share of the expected one, or of `scale` where that is larger.
func expectClose(
  _ found: Double, _ expected: Double, within tolerance: Double, scale: Double = 0,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  let allowed = tolerance * max(abs(expected), scale)
  #expect(
    abs(found - expected) <= allowed,
    "\(what): \(found), expected \(expected) ± \(allowed)", sourceLocation: sourceLocation)
}

/// The folder of golden files.
let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Goldens/probes")

func golden<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
  try JSONDecoder().decode(type, from: Data(contentsOf: goldens.appending(path: name)))
}

/// Random numbers that are the same in every run.
struct TestGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var bits = state
    bits = (bits ^ (bits >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    return bits ^ (bits >> 33)
  }

  mutating func uniform() -> Double {
    Double(next() >> 11) / 9_007_199_254_740_992
  }

  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}

extension DoubleMatrix {
  /// A matrix filled row by row.
  init(_ values: [Float], width: Int) {
    self.init(rows: values.count / max(width, 1), columns: width)
    for index in 0..<rows {
      var row = mutableRow(index)
      for column in 0..<width { row[column] = Double(values[index * width + column]) }
    }
  }

  /// A matrix of values made to order.
  init(rows: Int, columns: Int, value: (_ row: Int, _ column: Int) -> Double) {
    self.init(rows: rows, columns: columns)
    for index in 0..<rows {
      var row = mutableRow(index)
      for column in 0..<columns { row[column] = value(index, column) }
    }
  }
}

/// Prompts in groups of equal size, with vectors made to order.
struct Toy {
  var prompts: [ProbePrompt] = []
  var cells: [ProbeCell] = []
  var values: [String: [Float]] = [:]

  /// Makes prompts, each in group `row % groups`.
  init(
    rows: Int, groups: Int, tokens: (Int) -> [Int32] = { [Int32($0 % 7)] },
    labelOf: (_ row: Int, _ group: Int) -> Int
  ) {
    for row in 0..<rows {
      let group = row % groups
      prompts.append(
        ProbePrompt(
          label: labelOf(row, group), group: ByteString("group \(group)"),
          userTokens: tokens(row)))
    }
  }

  /// Adds a cell; `value` gives component `column` of row `row`.
  mutating func add(layer: Int, width: Int, value: (_ row: Int, _ column: Int) -> Double) {
    let cell = ProbeCell(site: "resid_post", layer: layer, position: "last", width: width)
    cells.append(cell)
    values[cell.name] = (0..<prompts.count * width).map { Float(value($0 / width, $0 % width)) }
  }

  /// Six tokens of a row's own, but rows 210 to 218 repeat rows 31 to 39, and row 230 repeats row 1.
  static func tokensRepeating(_ row: Int) -> [Int32] {
    let source = (210..<219).contains(row) ? row - 179 : row == 230 ? 1 : row
    return (0..<6).map { Int32(6 * source + $0) }
  }

  var dataset: ProbeDataset {
    ProbeDataset(prompts: prompts, cells: cells) { [values] in values[$0.name] ?? [] }
  }
}

extension ProbeOrigin {
  /// An origin with every field filled in.
  static let example = ProbeOrigin(
    modelDigest: "model digest", adapterDigest: "adapter digest",
    tokenizerDigest: "tokenizer digest", templateDigest: "template digest",
    promptsDigest: "prompts digest", identityDigest: "identity digest",
    encoding: PromptEncoder.Options(
      system: "Be kind.", parsesSpecialTokens: true, addsGenerationPrompt: false),
    precision: .bf16, storedType: "f16", labelColumn: "label", meaningOfOne: "harmful",
    meaningOfZero: "harmless",
    groupColumn: "topic", split: "split = train",
    leftOut: ProbeOrigin.LeftOut(unlabeled: 3, notFinite: 1, otherSplit: 20),
    unevenPositions: ["template.tail[-8]"])
}

/// A folder that is gone after the test.
func withTemporaryFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appending(path: "probes-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path(percentEncoded: false))
}
