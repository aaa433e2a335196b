import ModelFiles

/// One prompt of a prompt file, with what the file says about it.
public struct Prompt: Equatable, Sendable {
  /// A column this package gives no meaning to.
  public struct Column: Equatable, Sendable {
    /// The column's name.
    public let name: String
    /// Its value: text as it is, anything else as JSON text.
    public let value: String

    /// A named value.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Its place in the file, counted from 0.
  public let index: Int
  /// The line of the file it starts on, counted from 1.
  public let line: Int
  /// Its name, which no other prompt of the file has; the index where the file gives none.
  public let id: String
  /// The conversation, at least one message; a plain prompt is one user message.
  public let messages: [ChatMessage]
  /// The class it belongs to, as written.
  public let label: String?
  /// What it must not be separated from when data is split.
  public let group: String?
  /// The prompt it is compared with.
  public let pair: String?
  /// Where it comes from.
  public let source: String?
  /// The part of the data it is meant for.
  public let split: String?
  /// The answer that goes with it.
  public let response: String?
  /// All other columns, in the order of the file; absent where the value is missing.
  public let extra: [Column]
}

extension Prompt {
  /// The value of a column this package gives no meaning to; nil where it is missing.
  package func column(_ name: String) -> String? {
    extra.first { $0.name == name }?.value
  }

  /// The value of any column that holds text of its own, whether it has a meaning here or not; nil where it
  /// is missing.
  package func value(of name: String) -> String? {
    switch Field(rawValue: name) {
    case .id: id
    case .label: label
    case .group: group
    case .pair: pair
    case .source: source
    case .split: split
    case .response: response
    case .prompt, .messages, nil: column(name)
    }
  }

  /// The fields that have a meaning, in the order they are described in.
  enum Field: String, CaseIterable {
    case prompt
    case messages
    case id
    case label
    case group
    case pair
    case source
    case split
    case response
  }

  /// The content as canonical JSON: the same prompt in another format or on another line has the same.
  var canonicalText: [UInt8] {
    var members: [(key: ByteString, value: JSONValue)] = [("id", .string(ByteString(id)))]
    let turns = messages.map { message in
      JSONValue.array([.string(ByteString(message.role)), .string(ByteString(message.content))])
    }
    members.append(("messages", .array(turns)))
    let fields: [(Field, String?)] = [
      (.label, label), (.group, group), (.pair, pair), (.source, source), (.split, split),
      (.response, response),
    ]
    for (field, value) in fields {
      guard let value else { continue }
      members.append((ByteString(field.rawValue), .string(ByteString(value))))
    }
    let columns = extra.map { column in
      (key: ByteString(column.name), value: JSONValue.string(ByteString(column.value)))
    }
    members.append(("extra", .object(JSONObject(columns))))
    return JSONValue.object(JSONObject(members)).text(sorted: true)
  }
}
