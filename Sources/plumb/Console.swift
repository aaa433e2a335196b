import Foundation

/// The only printer: results to standard output, everything else to standard error.
enum Console {
  /// Whether a person is watching standard error.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether standard output may be colored.
  static var usesColor: Bool {
    isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
  }

  /// Writes a line for the person at the terminal.
  static func message(_ text: String) {
    write(text + "\n", to: STDERR_FILENO)
  }

  /// Writes a line of result.
  static func output(_ text: String) throws {
    try output(bytes: Array((text + "\n").utf8))
  }

  /// Writes bytes of result as they are.
  static func output(bytes: [UInt8]) throws {
    guard write(bytes, to: STDOUT_FILENO) else { throw OutputError() }
  }

  /// Redraws the progress line; nothing where no one is watching.
  static func progress(_ line: String) {
    if isInteractive { write("\r\u{1B}[2K\(line)", to: STDERR_FILENO) }
  }

  /// Removes the progress line.
  static func endProgress() {
    if isInteractive { write("\r\u{1B}[2K", to: STDERR_FILENO) }
  }

  @discardableResult
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    write(Array(text.utf8), to: descriptor)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Foundation.write(descriptor, buffer.baseAddress! + done, bytes.count - done)
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
