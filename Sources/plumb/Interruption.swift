import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C and a scheduler's notice into a request to stop.
///
/// The first signal asks for an orderly stop; the second ends the process at once, which loses nothing
/// that was committed.
final class Interruption: Sendable {
  private let requested = Atomic<Bool>(false)
  private let sources: [any DispatchSourceSignal]

  init() {
    let queue = DispatchQueue(label: "interruption")
    sources = [SIGINT, SIGTERM, SIGXCPU].map { number in
      unsafe signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { [weak self] in
        guard let self else { return }
        if requested.exchange(true, ordering: .relaxed) { _exit(75) }
      }
      source.resume()
    }
  }

  /// Whether a signal has come.
  var isRequested: Bool { requested.load(ordering: .relaxed) }
}
