import ModelFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ActivationStoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outputExists(let path):
      "\(shown(path)) exists already; give another name, or --overwrite to replace it"
    case .outputIsFolder(let path):
      "\(shown(path)) is a folder; give the name of a file to write"
    case .cannotCreate(let path, let code):
      "\(shown(path)) cannot be created: \(reason(code))"
    case .cannotBuild(let path, let step, let reason):
      "\(shown(path)) cannot be created: \(shown(step)) failed with \"\(shown(reason))\""
    case .noSpace(let path, let needed, let free):
      "\(shown(path)) needs \(needed) bytes, but only \(free) are free there; free some space, store "
        + "a shorter type, or capture fewer sites, layers or positions"
    case .overFileSizeLimit(let path, let needed, let limit):
      "\(shown(path)) needs \(needed) bytes, but this process may write files of \(limit) at most "
        + "(ulimit -f); raise the limit or capture less"
    case .held(let path):
      "\(shown(path)) is being written by another process; wait for it or stop it, then try again"
    case .cannotLock(let path, let code):
      "\(shown(path)) cannot be locked against a second writer: \(reason(code)); write to a file "
        + "system with locks"
    case .identityDiffers(let path, let difference):
      "\(shown(path)) was begun with \(difference.field) \(shown(difference.found)), this capture has "
        + "\(shown(difference.wanted)); finish it as it was begun, give another name, or --overwrite "
        + "to begin anew"
    case .unfillable(let path, let form):
      "\(shown(path)) is a \(form) store, which cannot be finished; give another name, or --overwrite "
        + "to begin anew"
    case .contentDiffers(let path, let object):
      "\(shown(path)) has this capture's identity, but its \(shown(object)) differs from what was "
        + "computed now; give --overwrite to begin anew"
    case .writeFailed(let path, let code):
      "writing \(shown(path)) failed: \(reason(code)); units finished before are kept, the same "
        + "command takes up from there"
    case .syncFailed(let path, let code):
      "\(shown(path)) could not be brought to the disk: \(reason(code)); check the disk, then the "
        + "same command takes up from what is there"
    case .vanished(let path):
      "\(shown(path)) was removed, moved or replaced while it was being written; put it back where it "
        + "was, and the same command takes up from there, or begins anew without it"
    case .overflow(let path, let dataset, let prompt, let value, let stored):
      "\(shown(path)): \(shown(dataset.name)) of prompt \(prompt) reaches \(value), beyond the "
        + "largest \(stored.name) value \(stored.largest); store with --store f32"
        + (stored == .f16 ? " or --store bf16" : "")
    case .damagedUnits(let path, let units):
      "\(shown(path)): \(units.count) commit unit\(units.count == 1 ? " does" : "s do") not hold "
        + "what was written (\(listed(units))); the disk or the memory of this machine is at fault"
    case .damaged(let path, let units):
      "\(shown(path)) is damaged: \(units.count) commit unit\(units.count == 1 ? " does" : "s do") "
        + "not hold what was written (\(listed(units))); copy it again or make it anew"
    case .notAsRecorded(let path, let manifest):
      "\(shown(path)) is not the file that \(shown(manifest)) tells of: their SHA-256 differ; copy "
        + "both again or make them anew"
    case .source(let path, let name, let fault):
      "\(shown(path)) takes rows from \(shown(name)) beside it, \(phrase(fault))"
    case .merge(let path, let fault): fault.sentence(path)
    case .tooManyFiles(let count, let limit):
      "\(count) files are more than the \(limit) that this process may have open (ulimit -n); raise "
        + "the limit, or merge in steps, which gives the same file"
    case .tooManySources(let path, let count, let limit):
      "\(shown(path)) would take rows from \(count) files, and a reader may have \(limit) open; merge "
        + "without --virtual"
    case .column(let name, let fault): sentence(name, fault)
    case .notFound(let path): "\(shown(path)) does not exist"
    case .cannotOpen(let path, let code):
      "\(shown(path)) cannot be opened: \(reason(code))"
    case .notRegularFile(let path):
      "\(shown(path)) is not a regular file; an activation store is one HDF5 file"
    case .replaced(let path):
      "\(shown(path)) was removed, moved or replaced while it was being opened; try again"
    case .hdf5(let path, let step, let reason):
      "\(shown(path)) is damaged or no HDF5 file: \(shown(step)) failed with \"\(shown(reason))\""
    case .notAStore(let path, let format):
      "\(shown(path)) is not an activation store: its format attribute is "
        + "\(format.map(shown) ?? "missing"), expected \"\(StoreStructure.format)\""
    case .unknownSchema(let path, let found, let known):
      "\(shown(path)) has schema \(found), this version knows schema \(known); use a version that "
        + "knows it"
    case .forbidden(let path, let object, let forbidden):
      "\(shown(path)) is refused: \(object.bytes.isEmpty ? "/" : object.description) \(phrase(forbidden))"
    case .malformed(let path, let object, let found, let expected):
      "\(shown(path)): \(shown(object)) is \(shown(found)), expected \(shown(expected)); the file is "
        + "damaged or was changed by another program"
    case .readFailed(let path, let code):
      "reading \(shown(path)) failed: \(reason(code))"
    case .endsEarly(let path, let offset, let missing):
      "\(shown(path)) ends at byte \(offset), \(missing) bytes before it should; copy it again"
    case .noSuchDataset(let path, let site, let layer, let present):
      "\(shown(path)) has no \(shown(site))" + (layer.map { " of layer \($0)" } ?? "")
        + "; it has \(listed(present.map(shown)))"
    case .notCommitted(let path, let unit, let whole, let units):
      "\(shown(path)) is unfinished: unit \(unit) is not written yet (\(whole) of \(units) are); "
        + "finish the extraction first"
    case .manifest(let path, let reason):
      "\(shown(path)) cannot be written: \(shown(reason)); the store beside it is whole"
    }
  }

  private func sentence(_ name: String, _ fault: ColumnFault) -> String {
    switch fault {
    case .unnamed: "a column of the prompts has no name; name every column"
    case .repeated: "two columns of the prompts are named \(shown(name)); rename one"
    case .nul(let prompt):
      "\(shown(name)) of prompt \(prompt) holds NUL, which text in the store cannot; remove it there"
        + (name == StoreColumn.text ? ", or leave out --store-text" : "")
    }
  }

  private func phrase(_ fault: SourceFault) -> String {
    switch fault {
    case .missing: "which is not there; move a virtual store together with its sources"
    case .size(let found, let expected):
      "which has \(found) bytes, expected \(expected); copy it again or merge anew"
    case .other: "which is another store than when they were merged; merge anew"
    case .changed: "which has other bytes than when they were merged; copy it again or merge anew"
    }
  }

  private func phrase(_ forbidden: Forbidden) -> String {
    switch forbidden {
    case .externalLink: "is a link into another file"
    case .softLink: "is a soft link, and a store has none"
    case .userDefinedLink: "is a link that only a plug-in can follow"
    case .externalStorage: "keeps its values in another file"
    case .virtualStorage:
      "is put together from other datasets, not as plumb merge does it; read those instead"
    case .sourceOutside(let name):
      "is put together from \(name), which is no file below this one's folder"
    case .chunks(let filter):
      "is stored in chunks" + (filter > 0 ? " with filter \(filter)" : "")
        + "; only activations may be (h5repack -l CONTI undoes it)"
    case .filter(let filter):
      "is packed with filter \(filter); only deflate, shuffle and fletcher32 are unpacked"
    case .chunkShape:
      "is packed in chunks that are not runs of rows of at most "
        + "\(HDF5Storage.largestChunkByteCount >> 20) MiB (h5repack -l CONTI undoes it)"
    case .otherStorage: "is not stored contiguously (h5repack -l CONTI makes it so)"
    case .type: "holds values that are neither numbers nor text"
    case .namedType: "is a named type, and a store has none"
    case .size(let fileSize): "claims bytes outside of the file, which has \(fileSize)"
    case .objects(let limit): "has more than \(limit) objects below it"
    case .depth(let limit): "lies more than \(limit) groups deep"
    }
  }

  private func reason(_ code: Int32) -> String {
    unsafe String(cString: strerror(code))
  }

  private func listed<Element>(_ elements: [Element]) -> String {
    let shown = elements.prefix(8).map { "\($0)" }.joined(separator: ", ")
    return elements.count > 8 ? shown + ", …" : shown
  }
}

/// Text that may come from a file or a prompt, safe to print.
func shown(_ text: String) -> String {
  ByteString(text).description
}
