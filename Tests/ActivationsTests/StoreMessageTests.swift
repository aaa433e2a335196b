import Activations
import Foundation
import ModelFiles
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite("Activation store, messages")
struct StoreMessageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let error: ActivationStoreError
    let kind: FailureKind
    let sentence: String
    var testDescription: String { id }
  }

  static let dataset = ActivationDataset(site: "resid_post", layer: 12, width: 576)

  static let cases: [Case] = [
    Case(
      id: "output exists", error: .outputExists(path: "a.h5"), kind: .cannotCreate,
      sentence: "a.h5 exists already; give another name, or --overwrite to replace it"),
    Case(
      id: "output is a folder", error: .outputIsFolder(path: "a"), kind: .cannotCreate,
      sentence: "a is a folder; give the name of a file to write"),
    Case(
      id: "lost name", error: .vanished(path: "a.h5.part"), kind: .inputOutput,
      sentence:
        "a.h5.part was removed, moved or replaced while it was being written; put it back where it "
        + "was, and the same command takes up from there, or begins anew without it"),
    Case(
      id: "control characters in a path", error: .cannotCreate(path: "a\u{1B}[2J\n", code: EACCES),
      kind: .cannotCreate,
      sentence: "a\\u{1B}[2J\\n cannot be created: Permission denied"),
    Case(
      id: "full disk", error: .noSpace(path: "a.h5", needed: 2000, free: 10), kind: .cannotCreate,
      sentence:
        "a.h5 needs 2000 bytes, but only 10 are free there; free some space, store a shorter "
        + "type, or capture fewer sites, layers or positions"),
    Case(
      id: "limit", error: .overFileSizeLimit(path: "a.h5", needed: 2000, limit: 10),
      kind: .cannotCreate,
      sentence:
        "a.h5 needs 2000 bytes, but this process may write files of 10 at most (ulimit -f); "
        + "raise the limit or capture less"),
    Case(
      id: "second writer", error: .held(path: "a.h5"), kind: .tryAgain,
      sentence: "a.h5 is being written by another process; wait for it or stop it, then try again"),
    Case(
      id: "no locks", error: .cannotLock(path: "a.h5", code: ENOLCK), kind: .cannotCreate,
      sentence:
        "a.h5 cannot be locked against a second writer: No locks available; write to a file "
        + "system with locks"),
    Case(
      id: "other rows", error: .contentDiffers(path: "a.h5.part", object: "/rows"), kind: .mismatch,
      sentence:
        "a.h5.part has this capture's identity, but its /rows differs from what was computed "
        + "now; give --overwrite to begin anew"),
    Case(
      id: "write", error: .writeFailed(path: "a.h5.part", code: EIO), kind: .inputOutput,
      sentence: "writing a.h5.part failed: Input/output error; units finished before are kept, the "
        + "same command takes up from there"),
    Case(
      id: "sync", error: .syncFailed(path: "a.h5.part", code: EIO), kind: .inputOutput,
      sentence:
        "a.h5.part could not be brought to the disk: Input/output error; check the disk, then "
        + "the same command takes up from what is there"),
    Case(
      id: "bfloat16 overflow",
      error: .overflow(path: "a.h5", dataset, prompt: 3, value: 3.4e38, stored: .bf16),
      kind: .badInput,
      sentence:
        "a.h5: resid_post/layer_12 of prompt 3 reaches 3.4e+38, beyond the largest bfloat16 "
        + "value 3.3895314e+38; store with --store f32"),
    Case(
      id: "one damaged unit", error: .damagedUnits(path: "a.h5", units: [4]), kind: .inputOutput,
      sentence: "a.h5: 1 commit unit does not hold what was written (4); the disk or the memory of "
        + "this machine is at fault"),
    Case(
      id: "many damaged units", error: .damagedUnits(path: "a.h5", units: Array(0..<20)),
      kind: .inputOutput,
      sentence:
        "a.h5: 20 commit units do not hold what was written (0, 1, 2, 3, 4, 5, 6, 7, …); the "
        + "disk or the memory of this machine is at fault"),
    Case(
      id: "NUL in a stored text", error: .column(name: "text", .nul(prompt: 2)), kind: .badInput,
      sentence:
        "text of prompt 2 holds NUL, which text in the store cannot; remove it there, or leave "
        + "out --store-text"),
    Case(
      id: "no file", error: .notFound(path: "a.h5"), kind: .missingInput,
      sentence: "a.h5 does not exist"),
    Case(
      id: "no permission", error: .cannotOpen(path: "a.h5", code: EACCES), kind: .missingInput,
      sentence: "a.h5 cannot be opened: Permission denied"),
    Case(
      id: "a pipe", error: .notRegularFile(path: "a.h5"), kind: .badInput,
      sentence: "a.h5 is not a regular file; an activation store is one HDF5 file"),
    Case(
      id: "replaced", error: .replaced(path: "a.h5"), kind: .tryAgain,
      sentence: "a.h5 was removed, moved or replaced while it was being opened; try again"),
    Case(
      id: "another format", error: .notAStore(path: "a.h5", format: "pytables"), kind: .badInput,
      sentence: "a.h5 is not an activation store: its format attribute is pytables, expected "
        + "\"plumbline-activations\""),
    Case(
      id: "external link", error: .forbidden(path: "a.h5", object: "/x\u{7}", .externalLink),
      kind: .badInput, sentence: "a.h5 is refused: /x\\u{07} is a link into another file"),
    Case(
      id: "chunks", error: .forbidden(path: "a.h5", object: "/x", .chunks(filter: 1)),
      kind: .badInput,
      sentence: "a.h5 is refused: /x is stored in chunks with filter 1; only activations may be "
        + "(h5repack -l CONTI undoes it)"),
    Case(
      id: "unknown filter", error: .forbidden(path: "a.h5", object: "/x", .filter(32_015)),
      kind: .badInput,
      sentence: "a.h5 is refused: /x is packed with filter 32015; only deflate, shuffle and "
        + "fletcher32 are unpacked"),
    Case(
      id: "strange chunks", error: .forbidden(path: "a.h5", object: "/x", .chunkShape),
      kind: .badInput,
      sentence: "a.h5 is refused: /x is packed in chunks that are not runs of rows of at most 16 "
        + "MiB (h5repack -l CONTI undoes it)"),
    Case(
      id: "changed source",
      error: .source(path: "a.h5", name: "b.h5", .changed), kind: .badInput,
      sentence: "a.h5 takes rows from b.h5 beside it, which has other bytes than when they were "
        + "merged; copy it again or merge anew"),
    Case(
      id: "too many sources", error: .tooManySources(path: "a.h5", count: 300, limit: 256),
      kind: .cannotCreate,
      sentence: "a.h5 would take rows from 300 files, and a reader may have 256 open; merge "
        + "without --virtual"),
    Case(
      id: "too many files", error: .tooManyFiles(count: 5000, limit: 992), kind: .cannotCreate,
      sentence: "5000 files are more than the 992 that this process may have open (ulimit -n); "
        + "raise the limit, or merge in steps, which gives the same file"),
    Case(
      id: "packed part", error: .unfillable(path: "a.h5.part", .packed), kind: .badInput,
      sentence: "a.h5.part is a packed store, which cannot be finished; give another name, or "
        + "--overwrite to begin anew"),
    Case(
      id: "too many objects", error: .forbidden(path: "a.h5", object: "", .objects(limit: 100_000)),
      kind: .badInput, sentence: "a.h5 is refused: / has more than 100000 objects below it"),
    Case(
      id: "cut short", error: .endsEarly(path: "a.h5", offset: 100, missing: 7), kind: .badInput,
      sentence: "a.h5 ends at byte 100, 7 bytes before it should; copy it again"),
    Case(
      id: "no such layer",
      error: .noSuchDataset(
        path: "a.h5", site: "resid_post", layer: 40, present: ["resid_post/layer_00"]),
      kind: .usage, sentence: "a.h5 has no resid_post of layer 40; it has resid_post/layer_00"),
    Case(
      id: "unfinished", error: .notCommitted(path: "a.h5.part", unit: 3, whole: 2, units: 9),
      kind: .tryAgain,
      sentence: "a.h5.part is unfinished: unit 3 is not written yet (2 of 9 are); finish the "
        + "extraction first"),
    Case(
      id: "manifest", error: .manifest(path: "a.manifest.json", reason: "no room"),
      kind: .cannotCreate,
      sentence: "a.manifest.json cannot be written: no room; the store beside it is whole"),
  ]

  @Test("say what was found, what was expected and what to do", arguments: cases)
  func sentence(_ entry: Case) {
    #expect(entry.error.description == entry.sentence)
    #expect(entry.error.kind == entry.kind)
  }
}
