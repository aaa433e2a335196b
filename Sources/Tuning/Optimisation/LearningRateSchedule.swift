import Foundation

/// How the learning rate changes over a run, as transformers' `get_scheduler` has it.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The course after warm-up.
  public enum Course: String, Sendable, CaseIterable, Codable {
    /// It stays.
    case constant
    /// It falls in a line to zero.
    case linear
    /// It falls along half a cosine to zero.
    case cosine
  }

  /// The course after warm-up.
  public let course: Course
  /// Steps in which the rate rises from zero.
  public let warmUpSteps: Int
  /// All steps.
  public let stepCount: Int

  /// Describes a schedule.
  public init(_ course: Course, warmUpSteps: Int, stepCount: Int) {
    precondition(warmUpSteps >= 0 && stepCount >= 0, "\(warmUpSteps) of \(stepCount) steps")
    self.course = course
    self.warmUpSteps = warmUpSteps
    self.stepCount = stepCount
  }

  /// The share of the full rate at a step, counted from 0.
  public func share(at step: Int) -> Double {
    if step < warmUpSteps { return Double(step) / Double(max(1, warmUpSteps)) }
    let rest = Double(max(1, stepCount - warmUpSteps))
    switch course {
    case .constant: return 1
    case .linear: return max(0, Double(stepCount - step) / rest)
    case .cosine: return max(0, 0.5 * (1 + cos(.pi * Double(step - warmUpSteps) / rest)))
    }
  }
}
