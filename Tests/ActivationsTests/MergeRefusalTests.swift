import Activations
import Foundation
import ModelFiles
import Testing

@Suite("Merging stores, refusals")
struct MergeRefusalTests {
  private let fixture = StoreFixture(promptCount: 300)

  /// The sentence with which a merge of files of the folder is refused; nothing may be left of it.
  private func refusal(
    of paths: [String], to output: String, as form: StoreForm = .plain, in folder: String,
    overwriting: Bool = false
  ) throws -> (sentence: String, kind: FailureKind) {
    let before = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    let error = try storeError {
      try merged(paths, to: output, as: form, overwriting: overwriting)
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() == before)
    return (error.description.replacing(folder + "/", with: ""), error.kind)
  }

  @Test("refuses shards of another capture, or computed by something else, naming the difference")
  func otherCapture() throws {
    try withTemporaryFolder { folder in
      let path = try fixture.store(of: 0..<128, at: folder + "/a.h5")
      try StoreFixture(promptCount: 300, layers: [0, 6]).store(of: 128..<300, at: folder + "/b.h5")
      let layers = try refusal(
        of: [path, folder + "/b.h5"], to: folder + "/all.h5", in: folder)
      #expect(
        layers.sentence == "b.h5 has layers [0,6], a.h5 has [0,5]; only shards of one capture can "
          + "be merged")
      #expect(layers.kind == .mismatch)

      let plan = try fixture.plan(of: 128..<300)
      var provenance = StoreFixture.provenance
      provenance.instructionSet = "avx2"
      try withPlan(
        StorePlan(
          identity: plan.identity, provenance: provenance, shard: plan.shard,
          prompts: plan.prompts, tokens: plan.tokens, rows: plan.rows, datasets: plan.datasets),
        at: folder + "/c.h5")
      let processor = try refusal(
        of: [path, folder + "/c.h5"], to: folder + "/all.h5", in: folder)
      #expect(
        processor.sentence.hasPrefix("c.h5 has instruction set \"avx2\", a.h5 has \"avx512\""))
      #expect(processor.kind == .mismatch)

      try withPlan(
        StorePlan(
          identity: plan.identity, provenance: plan.provenance, shard: plan.shard,
          prompts: PromptTable(
            columns: Array(plan.prompts.columns.dropLast()),
            textDigests: plan.prompts.textDigests),
          tokens: plan.tokens, rows: plan.rows, datasets: plan.datasets), at: folder + "/d.h5")
      let columns = try refusal(
        of: [path, folder + "/d.h5"], to: folder + "/all.h5", in: folder)
      #expect(
        columns.sentence == "d.h5 has other /prompts than a.h5 though both name the same capture; "
          + "make one of them anew")
      #expect(columns.kind == .mismatch)
    }
  }

  /// Writes a store of zeros.
  private func withPlan(_ plan: StorePlan, at path: String) throws {
    let writer = try ActivationWriter(plan, path: path)
    for dataset in plan.datasets {
      try writer.write(
        [Float](repeating: 0, count: plan.rows.count * dataset.width).span, site: dataset.site,
        layer: dataset.layer, firstRow: 0)
    }
    try writer.finish(StoreFixture.conditions)
  }

  @Test("refuses a gap and names the prompts that are missing")
  func gap() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(5, in: folder)
      let found = try refusal(
        of: [paths[4], paths[0], paths[1]], to: folder + "/all.h5", in: folder)
      #expect(
        found.sentence == "prompts 256 to 383 are missing between shard-1-of-5.h5 and "
          + "shard-4-of-5.h5; add the shard that holds them")
      #expect(found.kind == .usage)
    }
  }

  @Test("refuses prompts that are there twice, under one name or two")
  func overlap() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(5, in: folder)
      let twice = try refusal(
        of: [paths[0], paths[1], folder + "/./shard-0-of-5.h5"], to: folder + "/all.h5", in: folder)
      #expect(
        twice.sentence == "./shard-0-of-5.h5 and shard-0-of-5.h5 are the same file; name each "
          + "shard once")
      try FileManager.default.copyItem(atPath: paths[1], toPath: folder + "/copy.h5")
      let copy = try refusal(
        of: [paths[0], folder + "/copy.h5", paths[1]], to: folder + "/all.h5", in: folder)
      #expect(copy.sentence.hasSuffix("both hold prompts 192 to 255; name each shard once"))
      try fixture.store(of: 0..<192, at: folder + "/wide.h5")
      let wide = try refusal(
        of: paths + [folder + "/wide.h5"], to: folder + "/all.h5", in: folder)
      #expect(wide.sentence.hasSuffix("both hold prompts 128 to 191; name each shard once"))
      #expect(twice.kind == .usage && copy.kind == .usage && wide.kind == .usage)
    }
  }

  @Test("refuses a shard that is unfinished, by its name or by what it lacks")
  func unfinished() throws {
    try withTemporaryFolder { folder in
      let path = try fixture.store(of: 0..<128, at: folder + "/a.h5")
      _ = try ActivationWriter(fixture.plan(of: 128..<300), path: folder + "/b.h5")
      let part = try refusal(
        of: [path, folder + "/b.h5.part"], to: folder + "/all.h5", in: folder)
      #expect(
        part.sentence == "b.h5.part is an unfinished store; finish its extraction, then merge the "
          + "whole file")
      try FileManager.default.moveItem(atPath: folder + "/b.h5.part", toPath: folder + "/b.h5")
      let renamed = try refusal(of: [path, folder + "/b.h5"], to: folder + "/all.h5", in: folder)
      #expect(renamed.sentence.hasPrefix("b.h5 is unfinished: unit 0 is not written yet"))
      #expect(part.kind == .tryAgain && renamed.kind == .tryAgain)
    }
  }

  @Test("refuses a damaged shard, with a manifest whatever is damaged in it")
  func damaged() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(3, in: folder)
      let layout = try ActivationStore(path: paths[1]).layout
      try StoreFixture.flip(paths[1], at: layout.offsets[2] + 5)
      let values = try refusal(of: paths, to: folder + "/all.h5", in: folder)
      #expect(
        values.sentence == "shard-1-of-3.h5 is damaged: 1 commit unit does not hold what was "
          + "written (1); copy it again or make it anew")
      try StoreFixture.flip(paths[1], at: layout.offsets[2] + 5)
      // The last byte of a digest is in no unit.
      let digest = Array(try fixture.plan(of: 64..<192).prompts.textDigests[3].utf8)
      let bytes = try StoreFixture.bytes(of: paths[1])
      let place = try #require(bytes.firstRange(of: digest)).upperBound - 1
      try StoreFixture.flip(paths[1], at: place, mask: 1)
      let table = try refusal(of: paths, to: folder + "/all.h5", in: folder)
      #expect(
        table.sentence == "shard-1-of-3.h5 is not the file that shard-1-of-3.manifest.json tells "
          + "of: their SHA-256 differ; copy both again or make them anew")
      #expect(values.kind == .badInput && table.kind == .badInput)
    }
  }

  @Test("refuses an output that exists, and one that is an input under any name")
  func outputs() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(2, in: folder)
      let exists = try refusal(of: [paths[0]], to: paths[1], in: folder)
      #expect(exists.sentence.hasPrefix("shard-1-of-2.h5 exists already"))
      try FileManager.default.linkItem(atPath: paths[0], toPath: folder + "/link.h5")
      for output in [paths[0], folder + "/link.h5"] {
        let input = try refusal(of: paths, to: output, in: folder, overwriting: true)
        #expect(
          input.sentence.hasSuffix(
            "is one of the files to merge and cannot be the output; give another name"))
        #expect(input.kind == .usage)
      }
      try merged(paths, to: folder + "/v.h5", as: .virtual)
      let source = try refusal(
        of: [folder + "/v.h5"], to: paths[1], in: folder, overwriting: true)
      #expect(source.sentence.hasPrefix("shard-1-of-2.h5 is one of the files to merge"))
    }
  }

  @Test("refuses a virtual store of stores elsewhere and of virtual ones")
  func virtual() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(2, in: folder)
      try FileManager.default.createDirectory(
        atPath: folder + "/sub", withIntermediateDirectories: true)
      let elsewhere = try refusal(
        of: paths, to: folder + "/sub/all.h5", as: .virtual, in: folder)
      #expect(
        elsewhere.sentence == "shard-0-of-2.h5 does not lie below the folder of sub/all.h5, or has "
          + "a % in its name, so that sub/all.h5 could not take rows from it; merge without "
          + "--virtual")
      try merged([paths[0]], to: folder + "/v.h5", as: .virtual)
      let twofold = try refusal(
        of: [folder + "/v.h5", paths[1]], to: folder + "/all.h5", as: .virtual, in: folder)
      #expect(
        twofold.sentence == "v.h5 is virtual itself; name its sources, or merge without --virtual")
    }
  }
}
