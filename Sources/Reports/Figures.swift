import Foundation
import Probes

/// A figure with three decimals; a dash where there is none.
func figure(_ value: Double?, isSigned: Bool = false) -> String {
  guard let value else { return "–" }
  return String(format: isSigned ? "%+.3f" : "%.3f", value)
}

/// An interval such as `0.912–0.955`, or `+0.012…+0.055` with signs; a dash where there is none.
func interval(_ estimate: Estimate?, isSigned: Bool = false) -> String {
  guard let estimate else { return "–" }
  let separator = isSigned ? "…" : "–"
  return figure(estimate.low, isSigned: isSigned) + separator
    + figure(estimate.high, isSigned: isSigned)
}

/// A figure and its interval, such as `0.934 (0.912–0.955)`.
func figureAndInterval(_ estimate: Estimate?, isSigned: Bool = false) -> String {
  guard let estimate else { return "–" }
  return
    "\(figure(estimate.value, isSigned: isSigned)) (\(interval(estimate, isSigned: isSigned)))"
}

/// A number in the label's own unit, to four digits; a dash where there is none.
func amount(_ value: Double?, isSigned: Bool = false) -> String {
  guard let value else { return "–" }
  return String(format: isSigned ? "%+.4g" : "%.4g", value)
}

/// An interval in the label's own unit.
func amountInterval(_ estimate: Estimate?, isSigned: Bool = false) -> String {
  guard let estimate else { return "–" }
  return amount(estimate.low, isSigned: isSigned) + (isSigned ? "…" : "–")
    + amount(estimate.high, isSigned: isSigned)
}

/// A number and its interval in the label's own unit.
func amountAndInterval(_ estimate: Estimate?, isSigned: Bool = false) -> String {
  guard let estimate else { return "–" }
  return
    "\(amount(estimate.value, isSigned: isSigned)) (\(amountInterval(estimate, isSigned: isSigned)))"
}

/// The smallest and the largest of some figures, such as `0.90–0.95`.
func range(_ values: [Double?]) -> String {
  let known = values.compactMap { $0 }
  guard let low = known.min(), let high = known.max() else { return "–" }
  return "\(figure(low))–\(figure(high))"
}

/// A chance such as `0.005`, or `< 0.001`.
func chance(_ value: Double) -> String {
  value < 0.001 ? "< 0.001" : String(format: "%.3f", value)
}

/// A share such as `5 %`.
func percent(_ share: Double) -> String {
  String(format: "%.3g %%", 100 * share)
}

/// A penalty as it is written in code, such as `0.001` or `100`.
func penaltyText(_ value: Double?) -> String {
  guard let value else { return "–" }
  return String(format: "%g", value)
}

/// A cosine similarity with six decimals; a dash where there is none.
func cosineText(_ value: Double?) -> String {
  guard let value else { return "–" }
  return String(format: "%.6f", value)
}

/// A relative error such as `2.1e-04`; 0 stands for no difference at all.
func errorText(_ value: Double?) -> String {
  guard let value else { return "–" }
  return value == 0 ? "0" : String(format: "%.1e", value)
}

/// "1 group", "2 groups".
func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// Ascending numbers with neighbours drawn together, such as `3, 15-18`.
func runs(of numbers: [Int]) -> String {
  numbers.reduce(into: [ClosedRange<Int>]()) { runs, number in
    if let last = runs.last, last.upperBound + 1 == number {
      runs[runs.count - 1] = last.lowerBound...number
    } else {
      runs.append(number...number)
    }
  }.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    .joined(separator: ", ")
}
