/// How strongly ridge regression is held back.
///
/// The objective is scikit-learn's: the sum of squared errors over the training rows plus alpha times
/// the squared length of the weights, on features centred (and scaled, if asked) over the training
/// rows; the intercept is left out of the penalty.
package enum RidgePenalty: Hashable, Sendable {
  /// Alpha itself.
  case alpha(Double)
  /// Alpha as a share of the mean eigenvalue of the training part's Gram matrix, its trace over its
  /// width: the same strength whatever the number of rows and the unit of the features.
  case share(Double)

  /// The alpha it stands for where the mean eigenvalue is known.
  func alpha(meanEigenvalue: Double) -> Double {
    switch self {
    case .alpha(let alpha): alpha
    // Features that do not vary have no eigenvalue to share, and no weight to hold back.
    case .share(let share): meanEigenvalue > 0 ? share * meanEigenvalue : share
    }
  }
}
