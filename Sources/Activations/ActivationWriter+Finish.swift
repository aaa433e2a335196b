#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ActivationWriter {
  /// Checks everything that was written, gives the file its final name and writes the manifest beside it.
  ///
  /// Call it once, when no unit is missing.
  ///
  /// - Parameter conditions: how the run was made.
  /// - Returns: what the manifest says.
  /// - Throws: an error when the file does not hold what was written, or cannot take its name.
  @discardableResult
  public func finish(
    _ conditions: RunManifest.Conditions
  ) throws(ActivationStoreError) -> RunManifest {
    let missing = missingUnits
    precondition(missing.isEmpty, "\(missing.count) of \(layout.units.count) units are missing")
    try synchronize()
    return try plan.publish(
      file, layout: layout, at: place, overwriting: isOverwriting, conditions,
      keptUnitCount: keptUnitCount)
  }
}

extension StorePlan {
  /// Checks everything that was written, gives the file its final name and writes the manifest.
  ///
  /// - Parameters:
  ///   - file: the file under the name that it has until then.
  ///   - layout: where everything lies in it.
  ///   - place: the names it goes by.
  ///   - overwriting: whether a whole file may go.
  ///   - conditions: how the run was made.
  ///   - keptUnitCount: the units that an earlier run had written.
  /// - Returns: what the manifest says.
  /// - Throws: an error when the file does not hold what was written, or cannot take its name.
  func publish(
    _ file: StoreFile, layout: StoreLayout, at place: StorePlace, overwriting: Bool,
    _ conditions: RunManifest.Conditions, keptUnitCount: Int
  ) throws(ActivationStoreError) -> RunManifest {
    let check = try StoreVerification(file, layout: layout, tokenCount: tokens.ids.count)
    let damaged = check.damagedUnits + check.missingUnits
    guard damaged.isEmpty else { throw .damagedUnits(path: file.path, units: damaged.sorted()) }
    try file.synchronize()
    try place.demandFree(overwriting: overwriting)
    try file.demandName()
    // One of a file that was there before would tell of another.
    place.remove(place.manifest)
    try place.rename(file.path, to: place.final)
    let manifest = RunManifest(
      conditions: conditions, finished: Date(), fileName: place.finalName,
      fileByteCount: try file.byteCount(), fileDigest: check.fileDigest,
      identityDigest: identity.digest, counts: check.counts, keptUnitCount: keptUnitCount)
    try manifest.write(to: place.manifest)
    return manifest
  }
}
