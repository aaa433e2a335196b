import Activations
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
      end(
        74,
        "plumb: A model file became shorter while it was being read; start again with a file that nothing changes.\n"
      )
    }
  }

  /// Ends the process with a sentence where HDF5 breaks down over a damaged store.
  static func explainDamagedStores() {
    for number in [SIGSEGV, SIGABRT, SIGFPE] {
      signal(number) { number in
        if ActivationStore.isBeingDescribed {
          end(
            65,
            "plumb: The store is damaged, and HDF5 broke down reading it; copy it again or extract anew.\n"
          )
        }
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}

/// All a handler may do: write a sentence and leave.
private func end(_ code: Int32, _ sentence: StaticString) -> Never {
  _ = unsafe write(STDERR_FILENO, sentence.utf8Start, sentence.utf8CodeUnitCount)
  _exit(code)
}
