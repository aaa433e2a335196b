import Foundation

/// A one-line bar with rate and time left, at most 79 columns wide.
struct ProgressBar {
  private let label: String
  private let unit: String
  private let start = Date()
  private var lastDrawn = Date.distantPast

  /// Makes a bar.
  ///
  /// - Parameters:
  ///   - label: what is under way.
  ///   - unit: what is counted in the rate, such as "tokens".
  init(label: String, unit: String) {
    self.label = label
    self.unit = unit
  }

  /// Draws the bar, at most ten times a second.
  mutating func update(done: Int, of total: Int) {
    let now = Date()
    guard now.timeIntervalSince(lastDrawn) >= 0.1 else { return }
    lastDrawn = now
    Console.progress(line(done: done, of: total, elapsed: now.timeIntervalSince(start)))
  }

  /// The bar as text.
  func line(done: Int, of total: Int, elapsed: Double) -> String {
    let share = total > 0 ? Double(done) / Double(total) : 1
    let rate = elapsed > 0 ? Double(done) / elapsed : 0
    let left = rate > 0 ? Double(total - done) / rate : 0
    let filled = Int(share * 24)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    let percent = String(Int(share * 100)).leftPadded(to: 3)
    return "\(label) \(bar) \(percent) %  \(Int(rate)) \(unit)/s  \(Self.clock(left)) left"
  }

  /// Seconds as m:ss or h:mm:ss.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    let padded = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    return hours > 0
      ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
  }
}

extension String {
  /// Spaces in front up to a width.
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
