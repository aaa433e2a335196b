public import Inference

/// Looks for modules that can be disturbed together with little loss.
///
/// A search of our own, guided by what is known of that of Du et al., arXiv 2410.04524: each kind of module grows
/// from the last block upwards, and kinds are joined as long as little is lost. It knows of no model; the share
/// that is left is asked of the caller.
package struct RobustSearch {
  let layerCount: Int
  let modules: [WeightModule]
  /// The least share that has to be left.
  let threshold: Double
  /// The share left with modules disturbed.
  let share: ([ModuleSet.Member]) throws -> Double
  /// The mean share left over fresh draws, of which there are so many.
  let verifiedShare: ([ModuleSet.Member]) throws -> Double
  let verificationDraws: Int

  /// Prepares a search.
  package init(
    layerCount: Int, modules: [WeightModule] = WeightModule.projections, threshold: Double,
    verificationDraws: Int = 5, share: @escaping ([ModuleSet.Member]) throws -> Double,
    verifiedShare: @escaping ([ModuleSet.Member]) throws -> Double
  ) {
    self.layerCount = layerCount
    self.modules = modules
    self.threshold = threshold
    self.verificationDraws = verificationDraws
    self.share = share
    self.verifiedShare = verifiedShare
  }

  /// What a search found.
  package struct Found: Equatable {
    /// The modules.
    package var members: [ModuleSet.Member] = []
    /// The mean share left over fresh draws; nil where nothing was found.
    package var share: Double?
    /// How often shares were asked for, each fresh draw by itself.
    package var evaluations = 0
    /// What was tried, in order.
    package var steps: [RobustStep] = []

    /// Nothing yet.
    package init() {}
  }

  /// Searches.
  package func search() throws -> Found {
    var found = Found()
    let grown = try grow(&found)
    try join(grown, &found)
    try verify(&found)
    return found
  }

  /// A kind of module and how far up it can be disturbed by itself.
  package struct Grown: Equatable {
    let module: WeightModule
    /// The first block of the longest run from the last one upwards that keeps enough.
    package let first: Int
    let share: Double
  }

  /// Grows each kind from the last block upwards until too little is left.
  package func grow(_ found: inout Found) throws -> [Grown] {
    var grown: [Grown] = []
    for module in modules {
      var longest: Grown?
      for first in stride(from: layerCount - 1, through: 0, by: -1) {
        let left = try share(run(module, from: first))
        found.record(.grow, module, first, left, isKept: left >= threshold)
        if left < threshold { break }
        longest = Grown(module: module, first: first, share: left)
      }
      if let longest { grown.append(longest) }
    }
    return grown
  }

  /// Joins kinds, the longest runs first, each as far up as the others leave it.
  private func join(_ grown: [Grown], _ found: inout Found) throws {
    let order = grown.indices.sorted {
      let (one, other) = (grown[$0], grown[$1])
      return (one.first, -one.share, $0) < (other.first, -other.share, $1)
    }
    for candidate in order.map({ grown[$0] }) {
      for first in candidate.first..<layerCount {
        let joined = found.members + run(candidate.module, from: first)
        let left = try share(joined)
        found.record(.join, candidate.module, first, left, isKept: left >= threshold)
        if left >= threshold {
          found.members = joined
          break
        }
      }
    }
  }

  /// Asks again with fresh draws, and takes modules away until enough is left.
  private func verify(_ found: inout Found) throws {
    while !found.members.isEmpty {
      let left = try verifiedShare(found.members)
      found.evaluations += verificationDraws
      found.share = left
      found.steps.append(
        RobustStep(
          phase: .verify, module: nil, first: nil, share: left, isKept: left >= threshold))
      if left >= threshold { return }
      try removeOne(&found)
    }
    found.share = nil
  }

  /// Takes away the first module of the kind without which most is left.
  private func removeOne(_ found: inout Found) throws {
    var best: (module: WeightModule, share: Double)?
    for module in modules where found.members.contains(where: { $0.module == module }) {
      let rest = found.members.filter { $0.module != module }
      let left = try share(rest)
      found.evaluations += 1
      if left > best?.share ?? -.infinity { best = (module, left) }
    }
    guard let best,
      let first = found.members.filter({ $0.module == best.module }).map(\.layer).min()
    else { return }
    found.members.removeAll { $0 == ModuleSet.Member(best.module, layer: first) }
    found.steps.append(
      RobustStep(
        phase: .remove, module: best.module, first: first, share: best.share, isKept: false))
  }

  private func run(_ module: WeightModule, from first: Int) -> [ModuleSet.Member] {
    (first..<layerCount).map { ModuleSet.Member(module, layer: $0) }
  }
}

extension RobustSearch.Found {
  /// Notes a share that was asked for.
  fileprivate mutating func record(
    _ phase: RobustStep.Phase, _ module: WeightModule, _ first: Int, _ share: Double, isKept: Bool
  ) {
    evaluations += 1
    steps.append(
      RobustStep(phase: phase, module: module, first: first, share: share, isKept: isKept))
  }
}

/// A step of a search for robust modules.
public struct RobustStep: Codable, Sendable, Equatable {
  /// What the step is for.
  public enum Phase: String, Codable, Sendable {
    /// One kind by itself grows from the last block upwards.
    case grow
    /// A kind joins those that were taken.
    case join
    /// All that were taken are asked about again, with fresh draws.
    case verify
    /// The first module of a kind is taken away.
    case remove
  }

  /// What it is for.
  public let phase: Phase
  /// The kind; nil for all that were taken.
  public let module: WeightModule?
  /// The first block of its run, or the block of the module that is taken away.
  public let first: Int?
  /// The share left; where a module is taken away, that without all of its kind.
  public let share: Double
  /// Whether it was enough.
  public let isKept: Bool
}
