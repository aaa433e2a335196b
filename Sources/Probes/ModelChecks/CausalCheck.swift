/// What moving a model's activations along a probe's direction does to its refusal, beside random directions.
///
/// A probe that reads a property need not read what the model goes by; only where this check passes may a
/// report say that the model uses the direction.
public struct CausalCheck: Codable, Sendable, Equatable {
  /// The name of the site at which activations were changed, at every position.
  public let site: String
  /// Prompts of class 1 that were drawn.
  public let positives: Int
  /// Prompts of class 0 that were drawn.
  public let negatives: Int
  /// Groups they come from: the unit of the intervals.
  public let groups: Int
  /// Random directions beside the probe's.
  public let randomDirections: Int
  /// Median over prompts of the norm of the site's row at the last position.
  public let medianNorm: Double
  /// Refusal log-odds as they are.
  public let unchanged: ClassMeans
  /// The direction projected out; random directions move each row as far.
  public let removal: CausalEffect
  /// The direction added and subtracted, for each length; random directions are added at the same length.
  public let additions: [CausalAddition]
  /// Whether the model may be said to use the direction; see `init`.
  public let passes: Bool

  /// Joins what was measured and judges it.
  ///
  /// It passes where removing the direction changes the log-odds of class 1 by more than every random move
  /// does, adding it at the first length changes those of class 0 by more than every random addition does,
  /// and the signs agree: adding the direction to class 0 does the opposite of removing it from class 1 and of
  /// subtracting it there.
  init(
    site: String, positives: Int, negatives: Int, groups: Int, randomDirections: Int,
    medianNorm: Double, unchanged: ClassMeans, removal: CausalEffect, additions: [CausalAddition]
  ) {
    self.site = site
    self.positives = positives
    self.negatives = negatives
    self.groups = groups
    self.randomDirections = randomDirections
    self.medianNorm = medianNorm
    self.unchanged = unchanged
    self.removal = removal
    self.additions = additions
    let removed = removal.positives
    passes =
      additions.first.map { addition in
        let added = addition.added.negatives
        let subtracted = addition.subtracted.positives
        return removed.exceedsRandom && added.exceedsRandom
          && added.change.value * removed.change.value < 0
          && added.change.value * subtracted.change.value < 0
      } ?? false
  }
}

/// Mean refusal log-odds of the classes.
public struct ClassMeans: Codable, Sendable, Equatable {
  /// Over prompts of class 1.
  public let positives: Double
  /// Over prompts of class 0.
  public let negatives: Double
}

/// What adding and subtracting a direction does.
public struct CausalAddition: Codable, Sendable, Equatable {
  /// The length of what is added.
  public let length: Double
  /// With the direction added.
  public let added: CausalEffect
  /// With the direction subtracted.
  public let subtracted: CausalEffect
}

/// What one intervention does to the classes.
public struct CausalEffect: Codable, Sendable, Equatable {
  /// To prompts of class 1.
  public let positives: ClassEffect
  /// To prompts of class 0.
  public let negatives: ClassEffect
}

/// What one intervention does to one class.
public struct ClassEffect: Codable, Sendable, Equatable {
  /// The mean change of refusal log-odds, its interval over groups.
  public let change: Estimate
  /// The mean change by each random direction.
  public let random: [Double]
  /// How often a random direction, or this one, changes as much: (1 + those that do) / (1 + all).
  public let pValue: Double

  /// Compares a change with those by random directions.
  package init(change: Estimate, random: [Double]) {
    self.change = change
    self.random = random
    let asLarge = random.count { abs($0) >= abs(change.value) }
    pValue = Double(1 + asLarge) / Double(1 + random.count)
  }

  /// Whether it changes more than every random direction.
  public var exceedsRandom: Bool { random.allSatisfy { abs($0) < abs(change.value) } }
}
