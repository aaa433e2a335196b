/// What is stored of the prompts, one entry each.
public struct PromptTable: Sendable, Equatable {
  /// The columns of the prompt file, in its order.
  public let columns: [PromptColumn]
  /// The SHA-256 of each rendered text, in hexadecimal.
  public let textDigests: [String]
  /// The texts themselves, if they are to be stored.
  public let texts: [String]?

  /// Joins columns of equal length.
  public init(columns: [PromptColumn], textDigests: [String], texts: [String]? = nil) {
    let count = textDigests.count
    for column in columns {
      precondition(column.values.count == count, "\(column.values.count) values, \(count) prompts")
    }
    precondition(
      textDigests.allSatisfy { $0.utf8.count == 64 }, "a digest has not 64 hexadecimal digits")
    precondition(
      texts == nil || texts?.count == count, "\(texts?.count ?? 0) texts, \(count) prompts")
    self.columns = columns
    self.textDigests = textDigests
    self.texts = texts
  }

  /// The number of prompts.
  public var count: Int { textDigests.count }
}

/// One column of the prompt file.
public struct PromptColumn: Sendable, Equatable {
  /// The name as given.
  public let name: String
  /// The value of each prompt; empty where the file had none.
  public let values: [String]

  /// Names a column.
  public init(name: String, values: [String]) {
    self.name = name
    self.values = values
  }
}

/// The tokens of all prompts, one prompt after another.
public struct TokenTable: Sendable, Equatable {
  /// Where each prompt's tokens start, and where the last one's end.
  public let offsets: [Int]
  /// The token ids.
  public let ids: [Int32]
  /// The role of each token.
  public let roles: [UInt8]

  /// Joins prompts' tokens.
  public init(offsets: [Int], ids: [Int32], roles: [UInt8]) {
    precondition(
      offsets.first == 0 && offsets.last == ids.count
        && zip(offsets, offsets.dropFirst()).allSatisfy(<=),
      "offsets from \(offsets.first ?? -1) to \(offsets.last ?? -1) for \(ids.count) tokens")
    precondition(roles.count == ids.count, "\(roles.count) roles for \(ids.count) tokens")
    self.offsets = offsets
    self.ids = ids
    self.roles = roles
  }
}

/// What each captured row is of.
public struct RowTable: Sendable, Equatable {
  /// The index of the row's prompt in this file.
  public let prompts: [Int32]
  /// The row's position in its prompt, -1 for one pooled over positions.
  public let positions: [Int32]
  /// The role of the token there.
  public let roles: [UInt8]

  /// Joins rows, which are ordered by prompt, then by position.
  public init(prompts: [Int32], positions: [Int32], roles: [UInt8]) {
    precondition(
      prompts.count == positions.count && prompts.count == roles.count,
      "\(prompts.count) prompts, \(positions.count) positions, \(roles.count) roles")
    for row in prompts.indices.dropFirst() {
      precondition(
        (prompts[row - 1], positions[row - 1]) <= (prompts[row], positions[row]),
        "row \(row) is out of order")
    }
    self.prompts = prompts
    self.positions = positions
    self.roles = roles
  }

  /// The number of rows.
  public var count: Int { prompts.count }
}

/// What became of a prompt's rows.
public enum RowStatus: UInt8, Sendable {
  /// Every value is finite and was stored rounded at most.
  case whole = 0
  /// The model gave a value that is not a finite number.
  case nonFinite = 1
  /// A finite value was too large for the stored type and became infinite.
  case overflow = 2
}
