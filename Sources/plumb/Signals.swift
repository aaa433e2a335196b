import Foundation
import Synchronization

/// How often the process was asked to stop; signals reach the whole process, so this is its only global.
private let stopRequests = Atomic<Int>(0)

/// What signals mean to a command.
enum Signals {
  /// Turns Ctrl-C and a scheduler's notice into a request to stop.
  ///
  /// The first signal asks for an orderly stop; the second ends the process at once, which loses nothing
  /// that was committed.
  static func deferStops() {
    for number in [SIGINT, SIGTERM, SIGXCPU] {
      signal(number) { _ in
        if stopRequests.add(1, ordering: .relaxed).oldValue > 0 { _exit(75) }
      }
    }
  }

  /// Whether the process was asked to stop.
  static var isStopRequested: Bool { stopRequests.load(ordering: .relaxed) > 0 }

  /// Lets writing to a pipe that nobody reads fail instead of ending the process, so that a run goes on when
  /// only its messages have lost their reader.
  static func outliveReaders() {
    signal(SIGPIPE, SIG_IGN)
  }

  /// Ends the process with a sentence where a mapped model file shrinks while it is read.
  static func explainVanishedFiles() {
    signal(SIGBUS) { _ in
      let sentence: StaticString =
        "plumb: A model file became shorter while it was being read; start again with a file that nothing changes.\n"
      _ = unsafe write(STDERR_FILENO, sentence.utf8Start, sentence.utf8CodeUnitCount)
      _exit(74)
    }
  }
}
