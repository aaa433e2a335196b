/// What kind of trouble a failure is; the command line turns it into an exit code.
public enum FailureKind: Sendable {
  /// The caller asked for something that makes no sense.
  case usage
  /// A file or a value in it is not what it should be.
  case badInput
  /// A file that was named does not exist or cannot be opened.
  case missingInput
  /// A promise between our own parts was broken.
  case software
  /// An output cannot be created.
  case cannotCreate
  /// Reading or writing failed part-way.
  case inputOutput
  /// Interrupted or held by another process; state was kept and the same call may go through later.
  case tryAgain
  /// An existing output belongs to another capture.
  case mismatch
}

/// An error that explains itself in one sentence: which file, what was found, what was expected, what
/// to do.
public protocol Failure: Error, CustomStringConvertible {
  /// What kind of trouble this is.
  var kind: FailureKind { get }
}
