import Foundation

/// The only printer: results to standard output, everything else to standard error.
enum Console {
  /// Whether results are kept from standard output, because they are a step's of something larger.
  @TaskLocal static var isSilent = false

  /// Whether a person is watching standard error.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether standard output may be colored.
  static var usesColor: Bool {
    isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
  }

  /// Takes the places of standard files that were closed, with something that refuses every write.
  ///
  /// A store opened later would get such a place, and messages would end up in it.
  static func occupyDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes a line for the person at the terminal.
  static func message(_ text: String) {
    write(Array((text + "\n").utf8), to: STDERR_FILENO)
  }

  /// Says why a command failed, in one line that ends in a full stop.
  static func failure(_ sentence: String) {
    message("plumb: " + sentence + (sentence.hasSuffix(".") || sentence.hasSuffix("?") ? "" : "."))
  }

  /// Writes a line of result.
  static func output(_ text: String) throws {
    try output(bytes: Array((text + "\n").utf8))
  }

  /// Writes a result as one line of JSON: keys in snake case and sorted.
  static func output(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try output(bytes: Array(encoder.encode(value)) + [UInt8(ascii: "\n")])
  }

  /// Writes bytes of result as they are.
  static func output(bytes: [UInt8]) throws {
    if isSilent { return }
    switch write(bytes, to: STDOUT_FILENO) {
    case 0: return
    case EPIPE: throw OutputClosed.byReader
    case let code: throw OutputError(code: code)
    }
  }

  /// Redraws the progress line; nothing where no one is watching.
  static func progress(_ line: String) {
    if isInteractive { write(Array("\r\u{1B}[2K\(line)".utf8), to: STDERR_FILENO) }
  }

  /// Removes the progress line.
  static func endProgress() {
    if isInteractive { write(Array("\r\u{1B}[2K".utf8), to: STDERR_FILENO) }
  }

  /// Writes everything; returns 0, or the system's code where it cannot.
  @discardableResult
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes[done...].withUnsafeBytes { rest in
        unsafe Foundation.write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return count < 0 ? errno : EIO }
      done += count
    }
    return 0
  }
}
