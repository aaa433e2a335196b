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

  /// Draws the bar, at most ten times a second, with a note behind it.
  mutating func update(done: Int, of total: Int, note: String = "") {
    let now = Date()
    guard now.timeIntervalSince(lastDrawn) >= 0.1 else { return }
    lastDrawn = now
    let line = line(
      done: done, of: total, elapsed: now.timeIntervalSince(start), width: note.isEmpty ? 24 : 8)
    Console.progress(note.isEmpty ? line : "\(line)  \(note)")
  }

  /// The bar as text.
  func line(done: Int, of total: Int, elapsed: Double, width: Int = 24) -> String {
    let share = total > 0 ? Double(done) / Double(total) : 1
    let rate = elapsed > 0 ? Double(done) / elapsed : 0
    let left = rate > 0 ? Double(total - done) / rate : 0
    let filled = Int(share * Double(width))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let percent = String(Int(share * 100)).leftPadded(to: 3)
    let shown = rate > 0 && rate < 10 ? "\(rate.rounded(toPlaces: 1))" : "\(Int(rate))"
    return "\(label) \(bar) \(percent) %  \(shown) \(unit)/s  \(Self.clock(left)) left"
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
