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
    let check = try StoreVerification(
      file, layout: layout, tokenCount: plan.tokens.ids.count, manifest: nil)
    let damaged = check.damagedUnits + check.missingUnits
    guard damaged.isEmpty else { throw .damagedUnits(path: file.path, units: damaged.sorted()) }
    try file.synchronize()
    try place.demandFree(overwriting: isOverwriting)
    try demandName()
    // One of a file that was there before would tell of another.
    place.remove(place.manifest)
    try place.rename(place.part, to: place.final)
    let manifest = RunManifest(
      conditions: conditions, finished: Date(), fileName: place.finalName,
      fileByteCount: try file.byteCount(), fileDigest: check.fileDigest,
      identityDigest: plan.identity.digest, counts: check.counts, keptUnitCount: keptUnitCount)
    try manifest.write(to: place.manifest)
    return manifest
  }
}
