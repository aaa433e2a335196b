import Inference
import ModelFiles
import Tokenization

/// Which rows an import has, and from which array each of them comes.
struct ImportedRows {
  /// What each row of the store is of.
  let table: RowTable
  /// The names of the positions, as the store's identity has them.
  let positions: [String]
  /// For each row of the store, the index of its position; nil where arrays have the store's rows.
  let slots: [Int]?

  /// Finds the rows.
  init(
    _ description: ImportDescription, _ prompts: [TokenizedPrompt], _ arrays: ImportedArrays
  ) throws {
    if let reference = description.rows {
      positions = ["rows"]
      slots = nil
      table = try Self.table(
        reference, prompts, hasTokens: description.tokens != nil, arrays)
      return
    }
    positions = Set(description.tensors.compactMap(\.position)).sorted()
    let selectors = try positions.map { try Self.selector($0, description) }
    var rows: [(prompt: Int, position: Int, slot: Int)] = []
    for (index, prompt) in prompts.enumerated() {
      var places: [(position: Int, slot: Int)] = []
      for (slot, selector) in selectors.enumerated() {
        let position = selector.isPooled ? -1 : try selector.positions(in: prompt)[0]
        if let other = places.first(where: { $0.position == position }) {
          throw ImportError.samePosition(
            prompt: index, names: [positions[other.slot], positions[slot]])
        }
        places.append((position, slot))
      }
      rows += places.sorted { $0.position < $1.position }.map { (index, $0.position, $0.slot) }
    }
    slots = rows.map(\.slot)
    table = Self.table(rows.map { ($0.prompt, $0.position) }, prompts)
  }

  /// A position that is one token of each prompt, or a mean.
  private static func selector(
    _ name: String, _ description: ImportDescription
  ) throws -> PositionSelector {
    func problem(_ text: String) -> ImportError {
      .position(path: description.file.path, name: name, problem: text)
    }
    guard let selector = try? PositionSelector(name) else {
      throw problem("is none; there are last, mean, user.first, user.last, template.tail[k], …")
    }
    switch selector {
    case .last, .mean: return selector
    case .all, .user, .tail:
      throw problem("may be several tokens of a prompt; describe such rows by rows")
    case .userFirst, .userLast, .assistantFirst, .tailElement:
      guard description.tokens?.roles != nil else {
        throw problem("needs tokens with roles; without them there are last and mean")
      }
      return selector
    }
  }

  /// Reads the prompt and the position of each row.
  private static func table(
    _ reference: ImportDescription.Reference, _ prompts: [TokenizedPrompt], hasTokens: Bool,
    _ arrays: ImportedArrays
  ) throws -> RowTable {
    let values = try arrays.integers(reference, shape: [nil, 2])
    let file = try arrays.array(reference).file.path
    var rows: [(prompt: Int, position: Int)] = []
    for row in 0..<values.count / 2 {
      let place = (prompt: values[2 * row], position: values[2 * row + 1])
      func problem(_ text: String) -> ImportError {
        .table(file: file, array: reference.name, problem: "row \(row) \(text)")
      }
      guard prompts.indices.contains(place.prompt) else {
        throw problem("is of prompt \(place.prompt), and there are \(prompts.count)")
      }
      guard place.position == -1 || hasTokens else {
        throw problem(
          "is of position \(place.position), which only a description with tokens can have; "
            + "-1 is the mean")
      }
      let count = prompts[place.prompt].ids.count
      guard (-1..<count).contains(place.position) else {
        throw problem("is of position \(place.position) in a prompt of \(count) tokens")
      }
      guard rows.last.map({ ($0.prompt, $0.position) < place }) ?? true else {
        throw problem(
          "does not follow the one before; rows are ordered by prompt, then by position")
      }
      rows.append(place)
    }
    return Self.table(rows, prompts)
  }

  private static func table(
    _ rows: [(prompt: Int, position: Int)], _ prompts: [TokenizedPrompt]
  ) -> RowTable {
    RowTable(
      prompts: rows.map { Int32($0.prompt) }, positions: rows.map { Int32($0.position) },
      roles: rows.map { row in
        row.position < 0 ? 0 : prompts[row.prompt].roles[row.position].rawValue
      })
  }
}

/// The arrays that one dataset of the store is made of.
struct ImportedDataset {
  let dataset: ActivationDataset
  /// One for each position, or the one that has all rows.
  let arrays: [StoredArray]

  /// Rows wider than this are a mistake, and would not fit in memory many at a time.
  private static let widest = 1 << 20

  /// Puts the description's tensors together by site and layer and checks their types and sizes.
  static func all(
    _ description: ImportDescription, _ rows: ImportedRows, promptCount: Int,
    _ arrays: ImportedArrays
  ) throws(ImportError) -> [ImportedDataset] {
    let path = description.file.path
    let slots = rows.slots == nil ? [nil] : rows.positions.map(Optional.some)
    var groups: [HookSite: [String?: StoredArray]] = [:]
    var order: [HookSite] = []
    for tensor in description.tensors {
      if groups[tensor.site] == nil { order.append(tensor.site) }
      let array = try arrays.array(tensor.array)
      guard groups[tensor.site, default: [:]].updateValue(array, forKey: tensor.position) == nil
      else {
        let place = tensor.site.name + (tensor.position.map { " at \(ByteString($0))" } ?? "")
        throw .repeated(path: path, place: place)
      }
    }
    var datasets: [ImportedDataset] = []
    for site in order {
      var members: [StoredArray] = []
      for slot in slots {
        guard let array = groups[site]?[slot] else {
          throw .incomplete(path: path, dataset: site.name, position: slot ?? "")
        }
        let width = members.first?.shape[1]
        try demand(
          array, rows: rows.slots == nil ? rows.table.count : promptCount, width: width)
        members.append(array)
      }
      datasets.append(
        ImportedDataset(
          dataset: ActivationDataset(
            site: site.kind.rawValue, layer: site.layer, width: members[0].shape[1]),
          arrays: members))
    }
    return datasets
  }

  private static func demand(
    _ array: StoredArray, rows: Int, width: Int?
  ) throws(ImportError) {
    guard array.element?.isFloat == true else {
      throw array.typeError(expected: "float16, bfloat16, float32 or float64")
    }
    let widths = width.map { $0...$0 } ?? 1...widest
    guard array.shape.count == 2, array.shape[0] == rows, widths.contains(array.shape[1]) else {
      throw array.shapeError(
        expected: "[\(rows), \(width.map(String.init) ?? "width from 1 to \(widest)")]")
    }
  }
}
