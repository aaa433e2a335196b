import ModelFiles

/// Why a store cannot be merged with the others.
public enum MergeFault: Sendable, Equatable {
  /// Its name is that of an unfinished store.
  case unfinished
  /// It was given twice.
  case twice(other: String)
  /// Another one holds some of its prompts.
  case overlap(other: String, prompts: Range<Int>)
  /// None holds the prompts between the one before and it.
  case gap(after: String, prompts: Range<Int>)
  /// It is of another capture, or was computed by something else.
  case difference(from: String, StoreDifference)
  /// It has the same identity and yet other columns or datasets.
  case content(object: String, differsFrom: String)
  /// The output would take its place.
  case isOutput
  /// It takes its rows from others, and a virtual store must name those itself.
  case isVirtual
  /// It does not lie below the folder of the virtual store, or has a name that HDF5 cannot follow.
  case elsewhere(output: String)

  /// What kind of trouble this is.
  var kind: FailureKind {
    switch self {
    case .unfinished: .tryAgain
    case .twice, .overlap, .gap, .isOutput, .isVirtual, .elsewhere: .usage
    case .difference, .content: .mismatch
    }
  }

  /// What is wrong with the store, and what to do.
  func sentence(_ path: String) -> String {
    switch self {
    case .unfinished:
      "\(shown(path)) is an unfinished store; finish its extraction, then merge the whole file"
    case .twice(let other):
      "\(shown(path)) and \(shown(other)) are the same file; name each shard once"
    case .overlap(let other, let prompts):
      "\(shown(path)) and \(shown(other)) both hold \(named(prompts)); name each shard once"
    case .gap(let other, let prompts):
      "\(named(prompts)) are missing between \(shown(other)) and \(shown(path)); add the shard that "
        + "holds them"
    case .difference(let other, let difference):
      "\(shown(path)) has \(difference.field) \(shown(difference.found)), \(shown(other)) has "
        + "\(shown(difference.wanted)); only shards of one capture can be merged"
    case .content(let object, let other):
      "\(shown(path)) has other \(shown(object)) than \(shown(other)) though both name the same "
        + "capture; make one of them anew"
    case .isOutput:
      "\(shown(path)) is one of the files to merge and cannot be the output; give another name"
    case .isVirtual:
      "\(shown(path)) is virtual itself; name its sources, or merge without --virtual"
    case .elsewhere(let output):
      "\(shown(path)) does not lie below the folder of \(shown(output)), or has a % in its name, so "
        + "that \(shown(output)) could not take rows from it; merge without --virtual"
    }
  }

  private func named(_ prompts: Range<Int>) -> String {
    "prompts \(prompts.lowerBound) to \(prompts.upperBound - 1)"
  }
}
