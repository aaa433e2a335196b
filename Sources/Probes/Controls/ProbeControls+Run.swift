import Kernels

/// What controls have in common.
struct ControlContext: Sendable {
  let prompts: [ProbePrompt]
  let clusters: Clusters
  let sources: Sources?
  let judge: ProbeJudge
  let baselines: JudgedBaselines
  let nested: NestedChoice?
  let reference: ReferenceProbe
  /// The reference cell's vectors, of the rows kept.
  let vectors: [Float]
  /// The same as a matrix.
  let matrix: SharedMatrix
  /// The reference probe of each fold, fitted without it.
  let heldOut: [LinearProbe]
  /// The rows of the dataset that were kept, for what companions hold of all.
  let kept: [Int]
  let companions: ProbeCompanions
  let seed: UInt64
  let threads: Int
  /// Reads a cell's vectors, of the rows kept.
  let features: @Sendable (ProbeCell) throws -> [Float]
}

extension ProbeControls {
  /// Runs every control that can be.
  init(_ context: ControlContext, permutation: PermutationNull, cells: [ProbeCell]) throws {
    let (plan, reference) = (context.judge.plan, context.reference)
    let shared = context.matrix
    let splitting = Folds.splittingGroups(labels: plan.labels, seed: context.seed)
    self.reference = reference.cell
    self.permutation = permutation
    controlTask = ControlTask(
      shared.values, labels: plan.labels, clusters: context.clusters, splitting: splitting,
      seed: context.seed)
    randomDirections = RandomDirections(shared.values, plan: plan, seed: context.seed)
    splitGroups = try SplitGroups(
      shared.values, reference: reference, plan: plan, splitting: splitting)
    matched =
      context.nested.map {
        MatchedComparison.all(
          $0, judge: context.judge, baselines: context.baselines, prompts: context.prompts,
          clusters: context.clusters, sources: context.sources)
      }
      ?? MatchedComparison.Matching.allCases.map {
        MatchedComparison(matching: $0, figures: .notRun(.needsHeadline))
      }
    stability = Stability(shared.values, probes: context.heldOut)
    otherKinds = try KindComparison.all(context, shared, cells: cells)
    transfer = try TransferMatrix.check(context)
    refusal = try context.refusalRow()
    untrainedTwin = try context.untrainedTwin()
    causal = try context.causalCheck(shared.values)
  }
}
