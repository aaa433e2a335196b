import ModelFiles

/// A store as its file describes it: everything but the activations themselves.
///
/// The file may be a stranger's, so nothing in it is believed before it is checked, and no byte is read
/// that HDF5 alone vouches for: it tells where things lie, and this reads them there.
struct StoreStructure: Sendable {
  /// The value of the root's format attribute.
  static let format = "plumbline-activations"
  /// The schema this version writes and reads.
  static let schema = 1

  let identity: StoreIdentity
  let provenance: StoreProvenance
  let shard: Range<Int>
  let prompts: PromptTable
  let tokens: TokenTable
  let rows: RowTable
  let layout: StoreLayout

  /// Reads the structure of an open file.
  ///
  /// - Parameters:
  ///   - file: the store.
  ///   - mayBeVirtual: whether its rows may come from other files, which are opened too.
  /// - Throws: an error when it is no store, or one that is not safe to follow.
  init(_ file: StoreFile, mayBeVirtual: Bool = true) throws(ActivationStoreError) {
    let fileSize = try file.byteCount()
    let description = try HDF5.reading { () throws(ActivationStoreError) in
      try StoreDescription(file, fileSize: fileSize)
    }
    // HDF5 opened the path for itself.
    guard try file.isStillNamed(file.path) else { throw .replaced(path: file.path) }
    self.identity = description.identity
    self.provenance = description.provenance
    self.shard = description.shard
    let contents = StoreContents(
      file: file, description: description, mayBeVirtual: mayBeVirtual)
    self.prompts = try contents.prompts()
    self.tokens = try contents.tokens(promptCount: prompts.count)
    self.rows = try contents.rows(promptCount: prompts.count)
    self.layout = try contents.layout(promptCount: prompts.count, rows: rows)
  }
}

/// What only HDF5 can tell: attributes, and where everything else lies; and the texts.
struct StoreDescription: Sendable {
  let identity: StoreIdentity
  let provenance: StoreProvenance
  let shard: Range<Int>
  let extents: [ByteString: HDF5Extent]
  /// The texts of each dataset that holds text.
  let texts: [ByteString: [String]]

  init(_ stored: StoreFile, fileSize: Int) throws(ActivationStoreError) {
    let path = stored.path
    let file = try HDF5File(reading: path)
    guard try file.hasAttribute("format", of: "/") else {
      throw .notAStore(path: path, format: nil)
    }
    self.extents = try file.extents(fileSize: fileSize)
    // Before the attributes, whose texts HDF5 reads from the same heaps.
    self.texts = try Self.texts(of: stored, extents, fileSize: fileSize)
    let format = try file.text("format", of: "/")
    guard format == StoreStructure.format else { throw .notAStore(path: path, format: format) }
    let schema = try file.integers("schema", of: "/", count: 1)?.first
    guard let schema else {
      throw .malformed(path: path, object: "schema", found: "missing", expected: "a number")
    }
    guard schema == StoreStructure.schema else {
      throw .unknownSchema(path: path, found: schema, known: StoreStructure.schema)
    }
    self.identity = try Self.identity(of: file)
    self.provenance = try Self.provenance(of: file)
    let shard = try file.integers("shard", of: "/", count: 2) ?? []
    guard
      let first = shard.first, let end = shard.last, 0 <= first, first <= end,
      first % CommitUnits.promptsPerUnit == 0
    else {
      throw .malformed(
        path: path, object: "shard", found: "\(shard)",
        expected: "the first prompt, a multiple of 64, and the end")
    }
    self.shard = first..<end
  }

  private static func texts(
    of file: StoreFile, _ extents: [ByteString: HDF5Extent], fileSize: Int
  ) throws(ActivationStoreError) -> [ByteString: [String]] {
    var reader = HDF5Texts(file, fileSize: fileSize)
    var texts: [ByteString: [String]] = [:]
    for (name, extent) in extents.sorted(by: { $0.key < $1.key }) {
      guard
        extent.type == .text, extent.shape.count == 1,
        name.starts(with: "/prompts/") || name == ByteString(StorePath.sourceFile)
      else { continue }
      texts[name] = try reader.read(name, extent)
    }
    return texts
  }

  private static func identity(
    of file: borrowing HDF5File
  ) throws(ActivationStoreError) -> StoreIdentity {
    let text = try file.text("identity", of: "/") ?? ""
    guard let json = object(text), let identity = StoreIdentity(json) else {
      throw .malformed(
        path: file.path, object: "identity", found: text, expected: "the fields of schema 1")
    }
    let digest = try file.text("identity_sha256", of: "/") ?? "missing"
    guard identity.text == text, identity.digest == digest else {
      throw .malformed(
        path: file.path, object: "identity_sha256", found: digest, expected: identity.digest)
    }
    return identity
  }

  private static func provenance(
    of file: borrowing HDF5File
  ) throws(ActivationStoreError) -> StoreProvenance {
    var members: [(key: ByteString, value: JSONValue)] = []
    for name in ["tool", "backend", "instruction_set"] {
      let text = try file.text(name, of: "/provenance") ?? ""
      if let value = value(text) { members.append((ByteString(name), value)) }
    }
    guard let provenance = StoreProvenance(JSONObject(members)) else {
      throw .malformed(
        path: file.path, object: "/provenance", found: "incomplete",
        expected: "JSON text in tool, backend and instruction_set")
    }
    return provenance
  }

  private static func value(_ text: String) -> JSONValue? {
    let bytes = Array(text.utf8)
    // A system text may be as long as a prompt.
    return try? JSONValue.parse(bytes, limits: JSONLimits(stringBytes: max(1 << 20, bytes.count)))
  }

  private static func object(_ text: String) -> JSONObject? {
    value(text)?.asObject
  }
}
