public import Activations
import Kernels
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
  /// Column with the sources; nil takes `source` where there is one.
  public var source: String?
  /// The value of the column `split` to keep; nil keeps all.
  public var split: String?
  /// Whether no prompt need have the positive label: for look-alikes of one class.
  public var positiveMayBeAbsent = false

  /// Names columns and values.
  public init(
    label: String = "label", positive: String? = nil, group: String? = nil,
    source: String? = nil, split: String? = nil
  ) {
    self.label = label
    self.positive = positive
    self.group = group
    self.source = source
    self.split = split
  }
}

/// A dataset read from a store, and where it came from.
public struct StoredProbeDataset: Sendable {
  /// The labelled prompts and their vectors, read as they are asked for.
  public let dataset: ProbeDataset
  /// What the vectors and rows are.
  public let origin: ProbeOrigin
  /// The index in the store of each of the dataset's prompts.
  public let storedPrompts: [Int]
  /// What the label column asks for.
  public let outcome: StoredOutcome

  /// Selects prompts and positions from a store.
  public init(_ store: ActivationStore, _ selection: ProbeSelection) throws {
    let columns = StoreColumns(store)
    let splits = try selection.split.map { _ in try columns.required("split") }
    func isWanted(_ prompt: Int) -> Bool {
      guard let splits, let wanted = selection.split else { return true }
      return splits[prompt] == ByteString(wanted)
    }
    let labels = try columns.required(selection.label).enumerated().map { prompt, label in
      isWanted(prompt) ? label : nil
    }
    let ids = columns.optional("id") ?? (0..<store.prompts.count).map { ByteString("\($0)") }
    let reading = try OutcomeReading(
      labels, ids: ids, positive: selection.positive.map { ByteString($0) },
      positiveMayBeAbsent: selection.positiveMayBeAbsent)
    let groups =
      try selection.group.map { try columns.required($0) } ?? columns.optional("group")
    let sources =
      try selection.source.map { try columns.required($0) } ?? columns.optional("source")
    let pairs = columns.optional("pair")
    let statuses = try store.status()

    var kept: [Int] = []
    var prompts: [ProbePrompt] = []
    var leftOut = ProbeOrigin.LeftOut()
    for prompt in 0..<store.prompts.count {
      guard isWanted(prompt) else {
        leftOut.otherSplit += 1
        continue
      }
      guard let label = reading.label(of: prompt) else {
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
          textDigest: ByteString(store.prompts.textDigests[prompt]), source: sources?[prompt],
          userTokens: store.tokens.userTokens(of: prompt), text: store.prompts.texts?[prompt]))
    }
    guard !kept.isEmpty else {
      throw ProbeError.nothingSelected(
        path: store.path, prompts: store.prompts.count, unlabeled: leftOut.unlabeled,
        notFinite: leftOut.notFinite, otherSplit: leftOut.otherSplit)
    }
    storedPrompts = kept
    outcome = reading.outcome(of: kept)
    let positions = CapturedPositions(store, prompts: kept)
    let cells = try positions.commonCells(of: store)
    guard !cells.isEmpty else {
      throw ProbeError.noCommonPosition(path: store.path, prompts: kept.count)
    }
    dataset = ProbeDataset(prompts: prompts, cells: cells) { cell in
      try positions.vectors(store, cell)
    }
    let identity = store.identity
    origin = ProbeOrigin(
      modelDigest: identity.modelDigest, adapterDigest: identity.adapterDigest,
      tokenizerDigest: identity.tokenizerDigest, templateDigest: identity.templateDigest,
      promptsDigest: identity.promptsDigest, identityDigest: identity.digest,
      encoding: PromptEncoder.Options(
        system: identity.systemText, isRaw: identity.isRaw,
        parsesSpecialTokens: identity.specialTokens == .parsed,
        addsGenerationPrompt: identity.addsGenerationPrompt),
      precision: identity.precision, storedType: identity.storedType.rawValue,
      labelColumn: selection.label, meaningOfOne: reading.meaningOfOne,
      meaningOfZero: reading.meaningOfZero,
      groupColumn: groups == nil ? nil : selection.group ?? "group",
      split: selection.split.map { "split = \($0)" }, leftOut: leftOut,
      unevenPositions: positions.unevenNames)
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

extension TokenTable {
  /// Ids of the user's own text in one prompt.
  fileprivate func userTokens(of prompt: Int) -> [Int32] {
    (offsets[prompt]..<offsets[prompt + 1]).compactMap {
      roles[$0] == Self.userRole ? ids[$0] : nil
    }
  }
}
