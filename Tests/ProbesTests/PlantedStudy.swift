import ModelFiles
import Probes

/// Studies of the demo's size of which it is known what is in them.
enum PlantedTruth: CaseIterable {
  /// The class moves activations at two of four cells along a direction; the words say nothing.
  case realDirection
  /// The class shows in the words, and activations hold the words.
  case lexicalShortcut
  /// Neither words nor activations know the class.
  case noise
  /// Classes mean nothing, but most prompts nearly repeat one of another group, activations included.
  case nearDuplicates
  /// Some groups are mostly of one class, and activations tell those groups from the others.
  case groupConfound
  /// A few prompts whose words say a little about the class, and activations nothing.
  case weakShortcut

  /// What the report has to name, if one thing alone is wrong.
  var flaw: ProbeFinding.Kind? {
    switch self {
    case .realDirection, .weakShortcut: nil
    case .lexicalShortcut: .lexicalShortcut
    case .noise: .chance
    case .nearDuplicates: .nearDuplicates
    case .groupConfound: .groupConfound
    }
  }
}

/// Makes 1,444 prompts in 24 groups, as the demo has.
struct PlantedStudy {
  static let (groups, width, layers) = (24, 32, 4)
  private static let (vocabulary, length) = (400, 14)

  private let rows: Int
  private var generator: TestGenerator
  private var prompts: [ProbePrompt] = []
  private var values = [[Float]](repeating: [], count: layers)

  init(_ truth: PlantedTruth, seed: UInt64) {
    generator = TestGenerator(seed &* 2_654_435_761 &+ 97)
    rows = truth == .weakShortcut ? 120 : 1444
    switch truth {
    case .weakShortcut: addShifted(by: 0, marked: 0.04)
    case .realDirection: addShifted(by: 0.7)
    case .lexicalShortcut: addMarked()
    case .noise: addShifted(by: 0)
    case .nearDuplicates: addRepeated()
    case .groupConfound: addConfounded()
    }
  }

  var dataset: ProbeDataset {
    let cells = values.indices.map {
      ProbeCell(site: "resid_post", layer: $0, position: "last", width: Self.width)
    }
    return ProbeDataset(prompts: prompts, cells: cells) { [values] in values[$0.layer ?? 0] }
  }

  private mutating func vector(scale: Double = 1) -> [Double] {
    (0..<Self.width).map { _ in scale * generator.normal() }
  }

  /// Frequent tokens more often than rare ones.
  private mutating func text() -> [Int32] {
    (0..<Self.length).map { _ in
      let uniform = generator.uniform()
      return Int32(uniform * uniform * Double(Self.vocabulary))
    }
  }

  /// A text with some tokens exchanged for words of a class.
  private mutating func marked(_ text: [Int32], label: Int, share: Double) -> [Int32] {
    var tokens = text
    for place in tokens.indices where generator.uniform() < share {
      tokens[place] = Int32(2 * (generator.next() % 8)) + Int32(label) + 300
    }
    return tokens
  }

  private mutating func add(
    _ label: Int, group: Int, _ tokens: [Int32], _ activation: (Int) -> [Double]
  ) {
    prompts.append(
      ProbePrompt(label: label, group: ByteString("group \(group)"), userTokens: tokens))
    for layer in values.indices {
      let noise = vector()
      values[layer] += zip(activation(layer), noise).map { Float($0 + $1) }
    }
  }

  /// Every group has a place of its own, and classes are apart in the last two cells.
  private mutating func addShifted(by distance: Double, marked share: Double = 0) {
    let centers = (0..<Self.groups).map { _ in vector(scale: 0.5) }
    let direction = vector()
    let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for row in 0..<rows {
      let group = row / 2 % Self.groups
      let label = row % 2
      let shift = distance * (Double(label) - 0.5) / norm
      add(label, group: group, marked(text(), label: label, share: share)) { layer in
        zip(centers[group], direction).map { $0 + (layer < 2 ? 0 : shift * $1) }
      }
    }
  }

  /// Each class has words of its own, and activations are sums of the words' vectors.
  private mutating func addMarked() {
    let embeddings = (0..<Self.vocabulary).map { _ in vector(scale: 0.5) }
    for row in 0..<rows {
      let label = row % 2
      let tokens = marked(text(), label: label, share: 0.1)
      add(label, group: row / 2 % Self.groups, tokens) { _ in
        (0..<Self.width).map { column in
          tokens.reduce(0) { $0 + embeddings[Int($1)][column] }
        }
      }
    }
  }

  /// Texts come four times, in four groups, with one word changed and one class.
  private mutating func addRepeated() {
    for row in 0..<rows / 4 {
      let (label, original, place) = (row % 2, text(), vector(scale: 3))
      for copy in 0..<4 {
        var tokens = original
        tokens[Self.length - 1] = Int32(generator.next() % UInt64(Self.vocabulary))
        add(label, group: (row + 5 * copy) % Self.groups, tokens) { _ in place }
      }
    }
  }

  /// Half of the groups are mostly of class 1, and a direction tells them from the others.
  private mutating func addConfounded() {
    let (direction, centers) = (
      vector(scale: 0.25), (0..<Self.groups).map { _ in vector(scale: 0.5) }
    )
    for row in 0..<rows {
      let group = row % Self.groups
      let kind = group % 2
      let label = generator.uniform() < 0.8 ? kind : 1 - kind
      add(label, group: group, text()) { _ in
        zip(centers[group], direction).map { $0 + (Double(kind) - 0.5) * 2 * $1 }
      }
    }
  }
}
