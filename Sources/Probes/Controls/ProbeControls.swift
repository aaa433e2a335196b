/// Everything that could refute the headline, each run or with the reason why it was not.
///
/// Controls that refit do so at one place, the reference cell, which was chosen with all folds: by its
/// logistic probe and penalty, or, for many labels at once, by ridge regression. Controls that need no fit
/// judge the headline's own out-of-fold scores.
public struct ProbeControls: Codable, Sendable, Equatable {
  /// The place that the headline chose most often; of equals the one with the larger inner area.
  public let reference: ProbeCell
  /// Labels permuted, everything else alike.
  public let permutation: PermutationNull
  /// Labels drawn at random for whole groups, learned and tested inside groups.
  public let controlTask: ControlTask
  /// Directions drawn at random instead of trained.
  public let randomDirections: RandomDirections
  /// The reference probe with folds that split groups: what a report without groups would have shown.
  public let splitGroups: SplitGroups
  /// The headline's scores compared only between prompts that are alike in something else.
  public let matched: [MatchedComparison]
  /// Agreement of the folds' directions.
  public let stability: Stability
  /// Probes of other kinds at the reference cell, each beside its linear twin.
  public let otherKinds: [KindComparison]
  /// Trained on one source, tested on another.
  public let transfer: Check<TransferMatrix>
  /// The model asked instead of probed: its refusal log-odds as the score.
  public let refusal: Check<RefusalRow>
  /// The same probe on a model of the same shape with random weights.
  public let untrainedTwin: Check<UntrainedRow>
  /// What the direction does to the model.
  public let causal: Check<CausalCheck>
}

/// The distribution of the best area over the whole grid when labels mean nothing.
///
/// Statistic: ridge regression at every cell with the folds of the analysis; the largest area over all
/// cells. The observed value is of the same statistic, so the p-value includes the selection.
public struct PermutationNull: Codable, Sendable, Equatable {
  /// What is exchanged, so that the null keeps what groups and sources alone explain.
  public enum Exchange: String, Codable, Sendable {
    /// Labels of prompts of one group and source.
    case withinGroups = "within_groups"
    /// Labels of whole groups of one source, because no group has both classes.
    case wholeGroups = "whole_groups"
    /// Both: within groups that have both classes, whole ones among the others.
    case both
    /// Nothing, because every source has one class: each draw is the labels as they are.
    case impossible
  }
  /// What was exchanged.
  public let exchange: Exchange
  /// The largest area over the grid with the labels as they are.
  public let observed: Double
  /// The cell it is at.
  public let cell: String
  /// The largest area over the grid for each permutation, ascending.
  public let null: [Double]
  /// (1 + permutations that reach the observed value) / (1 + permutations).
  public let pValue: Double
}

/// How well ridge regression learns labels that mean nothing (Hewitt and Liang, arXiv 1909.03368).
///
/// A label is drawn for each group; folds split groups, so that it can be learned by memory alone.
public struct ControlTask: Codable, Sendable, Equatable {
  /// Balanced accuracy on the true labels with the same folds.
  public let accuracy: Double
  /// Balanced accuracy on each draw of random labels.
  public let controlAccuracies: [Double]
  /// Accuracy minus the mean of the controls.
  public let selectivity: Double
}

/// Areas of random unit directions at the reference cell, their signs set in training.
public struct RandomDirections: Codable, Sendable, Equatable {
  /// One for each direction, ascending.
  public let aurocs: [Double]
}

/// What folds that split groups would have shown.
public struct SplitGroups: Codable, Sendable, Equatable {
  /// Area of the reference probe with folds that split groups.
  public let auroc: Double
  /// Its area with the folds of the analysis.
  public let groupedAuroc: Double
}

/// The headline's scores, compared only between prompts that share something.
public struct MatchedComparison: Codable, Sendable, Equatable {
  /// What compared prompts share.
  public enum Matching: String, Codable, Sendable, CaseIterable {
    /// Length of the user's text: the same tenth of the prompts.
    case length
    /// The group.
    case group
    /// The source.
    case source
  }
  /// What compared prompts share.
  public let matching: Matching
  /// The figures; not run where no stratum has both classes.
  public let figures: Check<MatchedFigures>
}

/// Figures over pairs of one fold and one stratum.
public struct MatchedFigures: Codable, Sendable, Equatable {
  /// Pairs of a prompt of each class that were compared.
  public let pairs: Int
  /// Area of the headline's scores over these pairs.
  public let auroc: Estimate
  /// Area of the best baseline over the same pairs.
  public let baseline: Estimate
  /// Their difference, paired.
  public let gain: Estimate
}

/// Whether folds find the same direction at the reference cell.
public struct Stability: Codable, Sendable, Equatable {
  /// Cosine of the standardised weights of every two folds.
  public let cosines: [Double]
  /// Share of components whose weights have one sign in all folds.
  public let signAgreement: Double
}

/// A probe of another kind at the reference cell.
public struct KindComparison: Codable, Sendable, Equatable {
  /// The kind.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Multi-layer perceptron of one hidden layer.
    case mlp
    /// Learned pooling over positions.
    case attention
    /// Contrast-consistent search, which sees pairs and no labels.
    case ccs
  }
  /// The kind.
  public let kind: Kind
  /// Its figures and those of its linear twin.
  public let figures: Check<TwinFigures>
}

/// A probe beside its linear twin with the same held-out folds.
///
/// Multi-layer perceptron and attention train on one fold less than their twins, which they keep aside to
/// end by.
public struct TwinFigures: Codable, Sendable, Equatable {
  /// Area of the probe.
  public let auroc: Estimate
  /// Area of its linear twin.
  public let twin: Estimate
  /// Their difference, paired.
  public let gain: Estimate
}

/// Areas of probes trained on one source and tested on another.
public struct TransferMatrix: Codable, Sendable, Equatable {
  /// One for each pair of sources.
  public struct Entry: Codable, Sendable, Equatable {
    /// What the probe was trained on.
    public let train: String
    /// What it was tested on; the same source means held-out folds of it.
    public let test: String
    /// Prompts of the test source.
    public let rows: Int
    /// Area; nil where the test source has one class.
    public let auroc: Double?
    /// Share of the test source's prompts called class 1, for sources of one class such as safe
    /// look-alikes.
    public let positiveShare: Double
  }
  /// Row by row.
  public let entries: [Entry]
}

/// The reference probe on a model that never learned.
public struct UntrainedRow: Codable, Sendable, Equatable {
  /// Its figures.
  public let figures: ProbeFigures
  /// The headline's area above its, paired.
  public let gain: Estimate?
}

/// The model's own refusal log-odds at the end of the prompt, judged as a score.
public struct RefusalRow: Codable, Sendable, Equatable {
  /// Figures of the log-odds.
  public let figures: ProbeFigures
  /// The headline's area above that of the log-odds, paired.
  public let gain: Estimate?
  /// The first tokens of refusals, and how they were found.
  public let opening: RefusalOpening
}
