public import Activations
import ModelFiles
import Tokenization

/// Which columns of a store say what, and which of its prompts are wanted.
public struct ProbeSelection: Sendable {
  /// Column with the labels.
  public var label: String
  /// The label that is class 1; nil accepts 0 and 1, true and false, harmful and harmless.
  public var positive: String?
  /// Column with the groups; nil takes `group` where there is one.
  public var group: String?
  /// The value of the column `split` to keep; nil keeps all.
  public var split: String?

  /// Names columns and values.
  public init(
    label: String = "label", positive: String? = nil, group: String? = nil, split: String? = nil
  ) {
    self.label = label
    self.positive = positive
    self.group = group
    self.split = split
  }
}

/// A dataset read from a store, and where it came from.
public struct StoredProbeDataset: Sendable {
  /// The labelled prompts and their vectors, read as they are asked for.
  public let dataset: ProbeDataset
  /// What the vectors and rows are.
  public let origin: ProbeOrigin

  /// Selects prompts and positions from a store.
  public init(_ store: ActivationStore, _ selection: ProbeSelection) throws {
    let columns = StoreColumns(store)
    let labels = try columns.required(selection.label)
    let ids = columns.optional("id") ?? (0..<store.prompts.count).map { ByteString("\($0)") }
    let reading = try LabelReading(
      labels, ids: ids, positive: selection.positive.map { ByteString($0) })
    let groups =
      try selection.group.map { try columns.required($0) } ?? columns.optional("group")
    let pairs = columns.optional("pair")
    let splits = try selection.split.map { _ in try columns.required("split") }
    let statuses = try store.status()

    var kept: [Int] = []
    var prompts: [ProbePrompt] = []
    var leftOut = ProbeOrigin.LeftOut()
    for prompt in 0..<store.prompts.count {
      if let splits, let wanted = selection.split, splits[prompt] != ByteString(wanted) {
        leftOut.otherSplit += 1
        continue
      }
      guard let label = reading.classes[prompt] else {
        leftOut.unlabeled += 1
        continue
      }
      guard statuses[prompt] == .whole else {
        leftOut.notFinite += 1
        continue
      }
      kept.append(prompt)
      prompts.append(
        ProbePrompt(
          label: label, group: groups?[prompt], pair: pairs?[prompt],
          textDigest: ByteString(store.prompts.textDigests[prompt]),
          userTokens: store.tokens.userTokens(of: prompt)))
    }
    guard !kept.isEmpty else {
      throw ProbeError.nothingSelected(
        path: store.path, prompts: store.prompts.count, unlabeled: leftOut.unlabeled,
        notFinite: leftOut.notFinite, otherSplit: leftOut.otherSplit)
    }
    let positions = CommonPositions(store, prompts: kept)
    guard !positions.rows.isEmpty else {
      throw ProbeError.noCommonPosition(path: store.path, prompts: kept.count)
    }
    dataset = ProbeDataset(
      prompts: prompts, cells: try positions.cells(of: store),
      features: { cell in
        try positions.vectors(store, cell)
      })
    let identity = store.identity
    origin = ProbeOrigin(
      modelDigest: identity.modelDigest, adapterDigest: identity.adapterDigest,
      tokenizerDigest: identity.tokenizerDigest, templateDigest: identity.templateDigest,
      promptsDigest: identity.promptsDigest, identityDigest: identity.digest,
      precision: identity.precision.rawValue, storedType: identity.storedType.rawValue,
      labelColumn: selection.label, meaningOfOne: reading.meaningOfOne,
      meaningOfZero: reading.meaningOfZero,
      groupColumn: groups == nil ? nil : selection.group ?? "group",
      split: selection.split.map { "split = \($0)" }, leftOut: leftOut,
      unevenPositions: positions.uneven)
  }
}

/// The columns of a store by name, as bytes: values are compared, never shown as they are.
private struct StoreColumns {
  let store: ActivationStore

  init(_ store: ActivationStore) {
    self.store = store
  }

  func optional(_ name: String) -> [ByteString]? {
    store.prompts.columns.first { $0.name == name }?.values.map { ByteString($0) }
  }

  func required(_ name: String) throws(ProbeError) -> [ByteString] {
    guard let values = optional(name) else {
      throw .noColumn(path: store.path, name: name, has: store.prompts.columns.map(\.name))
    }
    return values
  }
}

/// The captured positions that are the same place in every prompt, by name.
private struct CommonPositions: Sendable {
  /// For each position, the row of every kept prompt.
  let rows: [(name: String, rows: [Int])]
  /// Names of positions that some prompts lack.
  let uneven: [String]

  init(_ store: ActivationStore, prompts: [Int]) {
    var rowsOf: [Int: Range<Int>] = [:]
    var first = 0
    while first < store.rows.count {
      var end = first + 1
      while end < store.rows.count, store.rows.prompts[end] == store.rows.prompts[first] {
        end += 1
      }
      rowsOf[Int(store.rows.prompts[first])] = first..<end
      first = end
    }
    var names: [String] = []
    var found: [String: [Int]] = [:]
    for prompt in prompts {
      let place = PromptPlace(store.tokens, prompt: prompt)
      for row in rowsOf[prompt] ?? 0..<0 {
        guard let name = place.name(of: Int(store.rows.positions[row])) else { continue }
        if found[name] == nil { names.append(name) }
        found[name, default: []].append(row)
      }
    }
    // A prompt has a position at most once, so the count says whether all have it.
    rows = names.compactMap { name in
      guard let rows = found[name], rows.count == prompts.count else { return nil }
      return (name, rows)
    }
    uneven = names.filter { found[$0]?.count != prompts.count }.sorted()
  }

  /// Every captured site and layer at every common position.
  func cells(of store: ActivationStore) throws(ProbeError) -> [ProbeCell] {
    var cells: [ProbeCell] = []
    for dataset in store.datasets {
      let isPlain = dataset.site.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
      }
      guard isPlain else { throw .siteName(path: store.path, site: ByteString(dataset.site)) }
      for (position, _) in rows {
        cells.append(
          ProbeCell(
            site: dataset.site, layer: dataset.layer, position: position, width: dataset.width))
      }
    }
    return cells
  }

  /// The vectors of a cell, `[prompt, width]`, read in runs of consecutive rows.
  func vectors(_ store: ActivationStore, _ cell: ProbeCell) throws -> [Float] {
    guard let wanted = rows.first(where: { $0.name == cell.position })?.rows else {
      preconditionFailure("\(cell.name) is not a cell of this dataset")
    }
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

  /// A name that means the same place in every prompt; nil for positions that count from the start
  /// of a text whose length differs.
  func name(of position: Int) -> String? {
    if position < 0 { return "mean" }
    if position == roles.count - 1 { return "last" }
    if position == lastUser { return "user.last" }
    guard roles[position] == TokenTable.tailRole else { return nil }
    return "template.tail[\(position - roles.count)]"
  }
}

extension TokenTable {
  /// The roles of the user's own text and of the template's end, as stores number roles.
  fileprivate static let userRole = PositionRole.user.rawValue
  fileprivate static let tailRole = PositionRole.tail.rawValue

  /// Ids of the user's own text in one prompt.
  fileprivate func userTokens(of prompt: Int) -> [Int32] {
    (offsets[prompt]..<offsets[prompt + 1]).compactMap {
      roles[$0] == Self.userRole ? ids[$0] : nil
    }
  }
}
