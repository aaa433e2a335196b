package import Kernels

/// An activation on loan: a hook may read and change it in place and cannot keep it.
public struct ActivationView: ~Copyable, ~Escapable {
  /// The values, row-major.
  public var values: MutableSpan<Float>
  /// Floats in a row.
  public let width: Int
  /// The batch row that each row stands for; nil where row i is batch row i.
  public let batchRows: [Int]?
  /// For scores and patterns, the index of the sequence in the batch; nil elsewhere.
  public let sequence: Int?

  @_lifetime(copy values)
  init(_ values: consuming MutableSpan<Float>, width: Int, batchRows: [Int]?, sequence: Int?) {
    self.values = values
    self.width = width
    self.batchRows = batchRows
    self.sequence = sequence
  }

  /// How many rows there are.
  public var rowCount: Int { width == 0 ? 0 : values.count / width }
}

/// Something that looks at, or changes, activations as they are computed.
///
/// A hook belongs to one pass at a time and is called on the pass's own thread.
public protocol ActivationHook: AnyObject {
  /// Where the hook wants to be called.
  var sites: [HookSite] { get }

  /// Called when the activation of a site has been computed and before it is used.
  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch)
}

/// The hooks of a pass, resolved to sites before it starts.
public struct HookTable {
  private let layerCount: Int
  /// Hooks by kind and layer; kinds outside the blocks use layer 0.
  private var hooks: [[any ActivationHook]]

  /// Resolves hooks; those of one site are called in the order given.
  public init(_ hooks: [any ActivationHook] = [], for description: DecoderDescription) {
    self.init(hooks, layerCount: description.layerCount)
  }

  /// Resolves hooks for a model of some blocks.
  public init(_ hooks: [any ActivationHook] = [], layerCount: Int) {
    self.layerCount = layerCount
    self.hooks = Array(repeating: [], count: SiteKind.allCases.count * layerCount)
    for hook in hooks {
      for site in hook.sites {
        precondition(
          (site.layer ?? 0) < layerCount, "\(site.name) in a model of \(layerCount) layers")
        self.hooks[slot(site.kind, site.layer)].append(hook)
      }
    }
  }

  /// Whether nothing is hooked anywhere.
  var isEmpty: Bool { hooks.allSatisfy(\.isEmpty) }

  /// Whether anything is hooked at a site.
  public func isHooked(_ kind: SiteKind, layer: Int? = nil) -> Bool {
    !hooks[slot(kind, layer)].isEmpty
  }

  /// Whether anything is hooked at any of some kinds.
  func isHooked(anyOf kinds: [SiteKind], layer: Int) -> Bool {
    kinds.contains { isHooked($0, layer: layer) }
  }

  /// Calls the hooks of a site on the first rows of a matrix.
  package func fire(
    _ kind: SiteKind, layer: Int? = nil, _ matrix: inout FloatMatrix, rows: Int, batch: TokenBatch,
    batchRows: [Int]? = nil, sequence: Int? = nil
  ) {
    let hooks = hooks[slot(kind, layer)]
    if hooks.isEmpty { return }
    let site = HookSite(kind, layer: layer)
    let width = matrix.width
    for hook in hooks {
      var view = ActivationView(
        matrix.mutableRows(0..<rows), width: width, batchRows: batchRows, sequence: sequence)
      hook.fire(at: site, &view, batch: batch)
    }
  }

  private func slot(_ kind: SiteKind, _ layer: Int?) -> Int {
    kind.index * layerCount + (layer ?? 0)
  }
}

extension SiteKind {
  /// Position in `allCases`.
  fileprivate var index: Int { Self.indices[self] ?? 0 }

  private static let indices = Dictionary(
    uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}
