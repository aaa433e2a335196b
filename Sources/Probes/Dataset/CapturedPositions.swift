import Activations
import ModelFiles
import Tokenization

/// Which row of a store is which position of which prompt, by names that mean the same place in
/// every prompt.
struct CapturedPositions: Sendable {
  /// Names in the order in which they were met.
  let names: [String]
  private let prompts: [Int]
  /// For each name, the row of every prompt that has it.
  private let rows: [String: [Int: Int]]

  /// Finds the rows of some of a store's prompts.
  init(_ store: ActivationStore, prompts: [Int]) {
    let wanted = Set(prompts)
    var names: [String] = []
    var rows: [String: [Int: Int]] = [:]
    var place: (prompt: Int, place: PromptPlace)?
    for row in 0..<store.rows.count {
      let prompt = Int(store.rows.prompts[row])
      guard wanted.contains(prompt) else { continue }
      let found =
        place?.prompt == prompt
        ? place?.place : PromptPlace(store.tokens, prompt: prompt)
      guard let found else { continue }
      place = (prompt, found)
      guard let name = found.name(of: Int(store.rows.positions[row])) else { continue }
      if rows[name] == nil { names.append(name) }
      rows[name, default: [:]][prompt] = row
    }
    self.names = names
    self.prompts = prompts
    self.rows = rows
  }

  /// Names of positions that some of the prompts lack.
  var unevenNames: [String] {
    names.filter { rows[$0]?.count != prompts.count }.sorted()
  }

  /// Every captured site and layer at every position that all prompts have.
  func commonCells(of store: ActivationStore) throws(ProbeError) -> [ProbeCell] {
    let common = names.filter { rows[$0]?.count == prompts.count }
    var cells: [ProbeCell] = []
    for dataset in store.datasets {
      // The site becomes part of tensor names and of reports.
      let isPlain = dataset.site.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
      }
      guard isPlain else { throw .siteName(path: store.path, site: ByteString(dataset.site)) }
      for position in common {
        cells.append(
          ProbeCell(
            site: dataset.site, layer: dataset.layer, position: position, width: dataset.width))
      }
    }
    return cells
  }

  /// The prompts that have a position, in order.
  func prompts(having position: String) -> [Int] {
    prompts.filter { rows[position]?[$0] != nil }
  }

  /// The vectors of the prompts that have a cell's position, `[prompt, width]`, read in runs of
  /// consecutive rows.
  func vectors(_ store: ActivationStore, _ cell: ProbeCell) throws -> [Float] {
    let wanted = prompts.compactMap { rows[cell.position]?[$0] }
    var values: [Float] = []
    values.reserveCapacity(wanted.count * cell.width)
    var first = 0
    while first < wanted.count {
      var end = first + 1
      while end < wanted.count, wanted[end] == wanted[end - 1] + 1 { end += 1 }
      values += try store.values(
        site: cell.site, layer: cell.layer, rows: wanted[first]..<wanted[end - 1] + 1)
      first = end
    }
    return values
  }
}

/// How positions of one prompt are called.
private struct PromptPlace {
  private let roles: [UInt8]
  private let lastUser: Int?

  init(_ tokens: TokenTable, prompt: Int) {
    let range = tokens.offsets[prompt]..<tokens.offsets[prompt + 1]
    roles = Array(tokens.roles[range])
    lastUser = range.last { tokens.roles[$0] == TokenTable.userRole }.map { $0 - range.lowerBound }
  }

  /// A name that means the same place in every prompt, as on the command line; nil for positions that count from the start
  /// of a text whose length differs.
  func name(of position: Int) -> String? {
    if position < 0 { return PositionSelector.mean.description }
    if position == roles.count - 1 { return PositionSelector.last.description }
    if position == lastUser { return PositionSelector.userLast.description }
    guard roles[position] == PositionRole.tail.rawValue else { return nil }
    return PositionSelector.tailElement(position - roles.count).description
  }
}

extension TokenTable {
  /// The role of tokens of the user's own text, as stores number roles.
  static let userRole = PositionRole.user.rawValue
}
