import ModelFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension StorePlan {
  /// Opens the unfinished file of this plan with the writer's lock on it, beginning one if there is none.
  func openPart(
    at place: StorePlace, overwriting: Bool
  ) throws(ActivationStoreError) -> (file: StoreFile, layout: StoreLayout) {
    // Another writer may finish, begin or remove the file between two steps; then look again.
    for _ in 0..<16 {
      try place.demandFree(overwriting: overwriting)
      guard let part = try StoreFile.forUpdate(place.part, creating: false) else {
        try begin(at: place)
        continue
      }
      guard try part.lock() else { throw .held(path: place.final) }
      guard try part.isStillNamed(place.part) else { continue }
      do throws(ActivationStoreError) {
        return (part, try layout(of: part))
      } catch {
        guard overwriting, error.kind == .mismatch || error.kind == .badInput else { throw error }
        place.remove(place.part)
      }
    }
    throw .held(path: place.final)
  }

  /// Makes the unfinished file, with all its room on the disk, unless another writer is about to.
  private func begin(at place: StorePlace) throws(ActivationStoreError) {
    guard let new = try StoreFile.forUpdate(place.new, creating: true) else { return }
    guard try new.lock() else { throw .held(path: place.final) }
    guard try new.isStillNamed(place.new) else { return }
    do throws(ActivationStoreError) {
      guard try StoreFile.forUpdate(place.part, creating: false) == nil else {
        place.remove(place.new)
        return
      }
      try demandRoom(at: place)
      try create(at: place.new)
      try reserve(new, at: place)
      try new.synchronize()
      try place.rename(place.new, to: place.part)
    } catch {
      place.remove(place.new)
      throw error
    }
  }

  /// Demands that a file of this size can be, before HDF5 finds out: it does not survive a full disk
  /// unharmed, and a file over the limit ends the process.
  func demandRoom(
    at place: StorePlace, as form: StoreForm = .plain
  ) throws(ActivationStoreError) {
    let needed = byteCountBound(as: form)
    let limit = StorePlace.fileSizeLimit()
    guard needed <= limit else {
      throw .overFileSizeLimit(path: place.final, needed: needed, limit: limit)
    }
    let free = place.freeByteCount()
    guard needed <= free else { throw .noSpace(path: place.final, needed: needed, free: free) }
  }

  /// Sets the whole file's room on the disk aside, which what is free said nothing certain about.
  private func reserve(_ file: StoreFile, at place: StorePlace) throws(ActivationStoreError) {
    let needed = try file.byteCount()
    let code = file.reserve(needed)
    guard code != ENOSPC, code != EDQUOT else {
      throw .noSpace(path: place.final, needed: needed, free: place.freeByteCount())
    }
    guard code == 0 else { throw .cannotCreate(path: place.new, code: code) }
  }

  /// At least the bytes that the file will have; how well rows can be packed is not known before.
  private func byteCountBound(as form: StoreForm) -> Int {
    let tables = tables()
    let tableByteCount = tables.reduce(0) { total, entry in
      guard case .text(let texts) = entry.table else {
        return total + entry.table.count * entry.table.type.byteCount
      }
      // A text stands in a heap with a header and padding, and a reference to it in the dataset.
      return total + texts.reduce(0) { $0 + $1.utf8.count + 64 }
    }
    // Each dataset has a description and may be moved to the start of a page.
    return (form == .virtual ? 0 : activationByteCount) + tableByteCount
      + (tables.count + datasets.count) * 8192 + 65_536
  }

  /// The layout of an unfinished file, which has to be this plan's.
  private func layout(of part: StoreFile) throws(ActivationStoreError) -> StoreLayout {
    let found = try StoreStructure(part)
    guard found.layout.storage.form == .plain else {
      throw .unfillable(path: part.path, found.layout.storage.form)
    }
    try demandSame(as: found, path: part.path)
    // Only values of one origin may be in a file.
    if let difference = StoreDifference(found: found.provenance.json, wanted: provenance.json) {
      throw .identityDiffers(path: part.path, difference)
    }
    return found.layout
  }

  /// Whether this plan's whole file is there already.
  ///
  /// - Throws: an error that says what differs when another capture's is there, or something else.
  public func isFinished(at path: String) throws(ActivationStoreError) -> Bool {
    let found: StoreStructure
    do throws(ActivationStoreError) {
      found = try StoreStructure(StoreFile(reading: path))
    } catch {
      if case .notFound = error { return false }
      throw error.kind == .badInput ? .outputExists(path: path) : error
    }
    try demandSame(as: found, path: path)
    return true
  }

  /// Demands that a file is for the rows of this plan, whatever computes them.
  private func demandSame(
    as found: StoreStructure, path: String
  ) throws(ActivationStoreError) {
    let shards: [JSONObject] = [found.shard, shard].map {
      [
        "shard": .array([
          JSONValue(integerLiteral: $0.lowerBound), JSONValue(integerLiteral: $0.upperBound),
        ])
      ]
    }
    let difference =
      identity.difference(from: found.identity)
      ?? StoreDifference(found: shards[0], wanted: shards[1])
    if let difference { throw .identityDiffers(path: path, difference) }
    let contents: [(name: String, isSame: Bool)] = [
      ("/prompts", found.prompts.hasSameBytes(as: prompts)),
      ("/tokens", found.tokens == tokens),
      ("/rows", found.rows == rows),
      ("/activations", found.layout.datasets == datasets),
    ]
    if let (name, _) = contents.first(where: { !$0.isSame }) {
      throw .contentDiffers(path: path, object: name)
    }
  }
}

extension PromptTable {
  /// Whether two tables hold the same text byte for byte, in whatever order the columns are.
  ///
  /// Strings compare equal when only their normalisation differs, which is not enough here.
  func hasSameBytes(as other: PromptTable) -> Bool {
    bytes == other.bytes
  }

  private var bytes: [ByteString: [ByteString]] {
    var bytes: [ByteString: [ByteString]] = [:]
    for column in columns {
      bytes[ByteString("column " + column.name)] = column.values.map { ByteString($0) }
    }
    bytes["digests"] = textDigests.map { ByteString($0) }
    bytes["texts"] = texts?.map { ByteString($0) }
    return bytes
  }
}
