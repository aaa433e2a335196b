import ModelFiles

/// Why a typed vector is refused.
public enum VectorFault: Error, Sendable, Equatable {
  /// The file is not what it says.
  case malformed(String)
  /// The file holds probes, which only score.
  case probes
  /// It was made from another model.
  case model(found: String, wanted: String)
  /// It was made with another adapter, or one of the two has none.
  case adapter(found: String?, wanted: String?)
  /// It was made with another chat template, or one of the two has none.
  case template(found: String?, wanted: String?)
  /// It belongs to another kind of site.
  case site(found: SiteKind, wanted: SiteKind)
  /// It is for something else.
  case operation(found: TypedVector.Operation, wanted: TypedVector.Operation)
  /// A control vector of llama.cpp is added, whatever the vector is for.
  case addedByLlamaCpp(TypedVector.Operation)
  /// llama.cpp adds control vectors to the residual stream after a block, nowhere else.
  case notAfterBlock(HookSite)
  /// llama.cpp leaves the first block's output alone.
  case afterFirstBlock(HookSite)
}

extension VectorFault {
  var kind: FailureKind {
    switch self {
    case .malformed: .badInput
    case .probes, .model, .adapter, .template, .site, .operation: .mismatch
    case .addedByLlamaCpp, .notAfterBlock, .afterFirstBlock: .usage
    }
  }

  /// The sentence about a file.
  func sentence(_ file: ByteString) -> String {
    switch self {
    case .malformed(let problem):
      "\(file) is not a sound vector file: \(problem)."
    case .probes:
      "\(file) holds probes, whose operation is score; make a vector of one with `plumb vector --probe "
        + "\(file) --operation add --output V.safetensors`, or with project_out."
    case .model(let found, let wanted):
      "The vector in \(file) was made from model \(ByteString(found)), but this model is "
        + "\(ByteString(wanted)); directions of one model mean nothing in another."
    case .adapter(let found, let wanted):
      "The vector in \(file) was made with \(Self.name(found, "adapter")), but here it would meet "
        + "\(Self.name(wanted, "adapter")); make one with the same adapter."
    case .template(let found, let wanted):
      "The vector in \(file) was made with \(Self.name(found, "chat template")), but here prompts have "
        + "\(Self.name(wanted, "chat template")); is --raw missing or too much?"
    case .site(let found, let wanted):
      "The vector in \(file) belongs to \(found.rawValue), but \(wanted.rawValue) was asked for; "
        + "leave out --site, or make a vector of that site."
    case .operation(.score, _):
      "The vector in \(file) is for scoring only; make one to steer with by `plumb vector`."
    case .operation(let found, let wanted):
      "The vector in \(file) is for the operation \(found.rawValue), but \(wanted.rawValue) was asked "
        + "for; make one with `plumb vector --operation \(wanted.rawValue)`."
    case .addedByLlamaCpp(let operation):
      "\(file) would be added by llama.cpp, which does nothing else with a control vector, so a vector "
        + "for \(operation.rawValue) cannot be written as one; give --operation add, or a name that "
        + "ends in .safetensors."
    case .notAfterBlock(let site):
      "\(file) cannot hold a vector for \(site.name): llama.cpp adds control vectors to "
        + "\(SiteKind.residPost.rawValue) only; choose a probe of that site."
    case .afterFirstBlock(let site):
      "\(file) cannot hold a vector for \(site.name): llama.cpp has no control vector for block 0; "
        + "choose a probe of a later layer."
    }
  }

  private static func name(_ digest: String?, _ what: String) -> String {
    digest.map { "\(what) \(ByteString($0))" } ?? "no \(what)"
  }
}
