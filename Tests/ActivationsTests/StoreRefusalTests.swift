import Activations
import Foundation
import Kernels
import ModelFiles
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite("Activation store, refusals")
struct StoreRefusalTests {
  @Test("refuses a second writer until the first is gone")
  func secondWriter() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let path = folder + "/a.h5"
      let first = try ActivationWriter(fixture.plan(), path: path)
      let error = try storeError { try ActivationWriter(fixture.plan(), path: path) }
      #expect(error == .held(path: path))
      #expect(error.kind == .tryAgain)
      // Overwriting is no way around the lock.
      let other = try storeError {
        try ActivationWriter(fixture.plan(), path: path, overwriting: true)
      }
      #expect(other == .held(path: path))
      try fixture.write(first.missingUnits, with: first)
      try first.finish(StoreFixture.conditions)
    }
  }

  @Test("refuses to resume another capture and names the first difference")
  func otherIdentity() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      do { _ = try ActivationWriter(StoreFixture().plan(), path: path) }
      let cases: [(StoreFixture, String)] = [
        (
          StoreFixture(storedType: .f16),
          "\(path).part was begun with stored type \"f32\", this capture has "
            + "\"f16\"; finish it as it was begun, give another name, or --overwrite to begin anew"
        ),
        (
          StoreFixture(layers: [0, 6]),
          "\(path).part was begun with layers [0,5], this capture has [0,6]; "
            + "finish it as it was begun, give another name, or --overwrite to begin anew"
        ),
        (
          StoreFixture(promptCount: 192),
          "\(path).part was begun with shard [128,328], this capture has "
            + "[128,320]; finish it as it was begun, give another name, or --overwrite to begin anew"
        ),
      ]
      for (fixture, sentence) in cases {
        let error = try storeError { try ActivationWriter(fixture.plan(), path: path) }
        #expect(error.description == sentence)
        #expect(error.kind == .mismatch)
      }
    }
  }

  @Test("names each field of the identity that differs")
  func everyField() throws {
    let identity = StoreFixture().identity
    let changes: [(String, (inout StoreIdentity) -> Void)] = [
      ("model", { $0.modelDigest += "x" }),
      ("adapter", { $0.adapterDigest = "x" }),
      ("tokenizer", { $0.tokenizerDigest += "x" }),
      ("template", { $0.templateDigest = nil }),
      ("prompts", { $0.promptsDigest += "x" }),
      ("system", { $0.systemText = nil }),
      ("special tokens", { $0.specialTokens = .parsed }),
      ("raw", { $0.isRaw.toggle() }),
      ("generation prompt", { $0.addsGenerationPrompt.toggle() }),
      ("sites", { $0.sites.removeLast() }),
      ("positions", { $0.positions.append("all") }),
      ("layers", { $0.layers.append(7) }),
      ("precision", { $0.precision = .bf16 }),
      ("stored type", { $0.storedType = .bf16 }),
      ("store text", { $0.storesText.toggle() }),
    ]
    for (field, change) in changes {
      var other = identity
      change(&other)
      #expect(identity.difference(from: other)?.field == field)
      #expect(identity.digest != other.digest)
    }
    #expect(identity.difference(from: identity) == nil)
  }

  @Test("refuses to resume with other tokens under the same identity")
  func otherTokens() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let path = folder + "/a.h5"
      do { _ = try ActivationWriter(fixture.plan(), path: path) }
      let tokens = fixture.tokens
      let changed = TokenTable(
        offsets: tokens.offsets, ids: tokens.ids.dropLast() + [1], roles: tokens.roles)
      let plan = try StorePlan(
        identity: fixture.identity, provenance: StoreFixture.provenance, shard: 128..<328,
        prompts: fixture.prompts, tokens: changed, rows: fixture.rows, datasets: fixture.datasets)
      let error = try storeError { try ActivationWriter(plan, path: path) }
      #expect(error == .contentDiffers(path: path + ".part", object: "/tokens"))
      var provenance = StoreFixture.provenance
      provenance.instructionSet = "avx2"
      let other = try StorePlan(
        identity: fixture.identity, provenance: provenance, shard: 128..<328,
        prompts: fixture.prompts, tokens: tokens, rows: fixture.rows, datasets: fixture.datasets)
      let mixed = try storeError { try ActivationWriter(other, path: path) }
      guard case .identityDiffers(_, let difference) = mixed else {
        Issue.record("\(mixed)")
        return
      }
      #expect(difference.field == "instruction set")
    }
  }

  @Test("begins anew over another capture when told to")
  func overwriting() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let expected = try StoreFixture(storedType: .f16).store(at: folder + "/b.h5")
      try StoreFixture().store(at: path)
      do { _ = try ActivationWriter(StoreFixture().plan(), path: path, overwriting: true) }
      let fixture = StoreFixture(storedType: .f16)
      let writer = try ActivationWriter(fixture.plan(), path: path, overwriting: true)
      try fixture.write(writer.missingUnits, with: writer)
      try writer.finish(StoreFixture.conditions)
      #expect(try StoreFixture.bytes(of: path) == expected)
      #expect(!FileManager.default.fileExists(atPath: path + ".part"))
    }
  }

  @Test("refuses an output that exists, is a folder, or has nowhere to be")
  func places() throws {
    try withTemporaryFolder { folder in
      let plan = try StoreFixture().plan()
      try StoreFixture().store(at: folder + "/a.h5")
      let cases: [(String, ActivationStoreError)] = [
        (folder + "/a.h5", .outputExists(path: folder + "/a.h5")),
        (folder, .outputIsFolder(path: folder)),
        (folder + "/none/a.h5", .cannotCreate(path: folder + "/none/a.h5", code: ENOENT)),
        (
          folder + "/" + String(repeating: "n", count: 255),
          .cannotCreate(
            path: folder + "/" + String(repeating: "n", count: 255) + ".part", code: ENAMETOOLONG)
        ),
        ("", .cannotCreate(path: "", code: EINVAL)),
      ]
      for (path, expected) in cases {
        let error = try storeError { try ActivationWriter(plan, path: path) }
        #expect(error == expected)
        #expect(error.kind == .cannotCreate)
      }
    }
  }

  @Test("refuses a link in place of its unfinished file")
  func link() throws {
    try withTemporaryFolder { folder in
      let victim = folder + "/victim"
      try Data("keep".utf8).write(to: URL(fileURLWithPath: victim))
      for ending in [".part", ".part.new"] {
        let path = folder + "/a.h5"
        try FileManager.default.createSymbolicLink(
          atPath: path + ending, withDestinationPath: victim)
        let error = try storeError { try ActivationWriter(StoreFixture().plan(), path: path) }
        #expect(error == .cannotCreate(path: path + ending, code: ELOOP))
        try FileManager.default.removeItem(atPath: path + ending)
      }
      #expect(try StoreFixture.bytes(of: victim) == Array("keep".utf8))
    }
  }

  @Test("stops at a value too large for half precision and names types it fits")
  func overflow() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storedType: .f16)
      let path = folder + "/a.h5"
      let writer = try ActivationWriter(fixture.plan(), path: path)
      var values = fixture.values(
        of: ActivationDataset(site: "resid_post", layer: 5, width: 24), rows: 0..<4)
      values[24 * 2 + 3] = -70_000
      let error = try storeError {
        try writer.write(values.span, site: "resid_post", layer: 5, firstRow: 0)
      }
      #expect(
        error.description
          == "\(path): resid_post/layer_05 of prompt 129 reaches -70000.0, beyond the largest "
          + "float16 value 65504.0; store with --store f32 or --store bf16")
    }
  }

  @Test("refuses columns that the file cannot hold")
  func columns() throws {
    let digest = String(repeating: "a", count: 64)
    let cases: [([PromptColumn], String)] = [
      (
        [PromptColumn(name: "source", values: ["a\0b"])],
        "source of prompt 0 holds NUL, which text in the store cannot; remove it there"
      ),
      (
        [PromptColumn(name: "", values: ["x"])],
        "a column of the prompts has no name; name every column"
      ),
      (
        [PromptColumn(name: "id", values: ["x"]), PromptColumn(name: "id", values: ["y"])],
        "two columns of the prompts are named id; rename one"
      ),
    ]
    for (columns, sentence) in cases {
      let fixture = StoreFixture(promptCount: 1)
      let error = try storeError {
        try StorePlan(
          identity: fixture.identity, provenance: StoreFixture.provenance, shard: 0..<1,
          prompts: PromptTable(columns: columns, textDigests: [digest]), tokens: fixture.tokens,
          rows: fixture.rows, datasets: fixture.datasets)
      }
      #expect(error.description == sentence)
    }
  }
}
