/// The share of exchanges that may find something where there is nothing.
let maximumLevel = 0.05

/// What the largest figure of several has to exceed, from the largest ones under exchanges of labels.
///
/// - Parameter maxima: one for each exchange, at least one.
/// - Returns: the smallest of them that at most 5 % of all orders of labels exceed, the order that is judged counted
///   as if it did.
package func maximumThreshold(_ maxima: [Double]) -> Double {
  let sorted = maxima.sorted()
  let place = Int(((1 - maximumLevel) * Double(sorted.count + 1)).rounded(.up)) - 1
  return sorted[min(place, sorted.count - 1)]
}
