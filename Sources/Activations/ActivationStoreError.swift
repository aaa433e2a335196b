public import ModelFiles

/// Why an activation store cannot be written, resumed or read.
public enum ActivationStoreError: Failure, Equatable {
  /// The whole file is there already.
  case outputExists(path: String)
  /// The output's name is a folder's.
  case outputIsFolder(path: String)
  /// A file of the store cannot be made or named.
  case cannotCreate(path: String, code: Int32)
  /// HDF5 cannot write the structure of a new store.
  case cannotBuild(path: String, step: String, reason: String)
  /// The disk has not the room that the whole store takes.
  case noSpace(path: String, needed: Int, free: Int)
  /// The store is larger than this process may make a file.
  case overFileSizeLimit(path: String, needed: Int, limit: Int)
  /// Another process is writing the same store.
  case held(path: String)
  /// The file system has no locks, so that a second writer could not be kept out.
  case cannotLock(path: String, code: Int32)
  /// An unfinished store belongs to another capture.
  case identityDiffers(path: String, StoreDifference)
  /// What lies in the place of an unfinished store cannot be filled.
  case unfillable(path: String, StoreForm)
  /// An unfinished store of the same identity holds other prompts, tokens or rows.
  case contentDiffers(path: String, object: String)
  /// Writing rows failed.
  case writeFailed(path: String, code: Int32)
  /// The operating system could not promise that the bytes are on the disk.
  case syncFailed(path: String, code: Int32)
  /// A value is too large for the stored type.
  case overflow(path: String, ActivationDataset, prompt: Int, value: Float, stored: StoredType)
  /// The unfinished file lost its name while it was being written.
  case vanished(path: String)
  /// Commit units do not hold what was written to them.
  case damagedUnits(path: String, units: [Int])

  /// Units of a store that is read do not hold what their checksums say.
  case damaged(path: String, units: [Int])
  /// A store is not the file that the manifest beside it tells of.
  case notAsRecorded(path: String, manifest: String)
  /// A file that a virtual store's rows come from is not what it was.
  case source(path: String, name: String, SourceFault)
  /// A store cannot be merged with the others.
  case merge(path: String, MergeFault)
  /// More files than may be open at a time.
  case tooManyFiles(count: Int, limit: Int)
  /// More sources than a virtual store may have.
  case tooManySources(path: String, count: Int, limit: Int)

  /// A column's name or text that the file cannot hold.
  case column(name: String, ColumnFault)

  /// There is no such file.
  case notFound(path: String)
  /// The file cannot be opened.
  case cannotOpen(path: String, code: Int32)
  /// The path leads to a folder, a pipe or a device.
  case notRegularFile(path: String)
  /// The file gave way to another while it was being opened.
  case replaced(path: String)
  /// HDF5 cannot make sense of the file.
  case hdf5(path: String, step: String, reason: String)
  /// The file is an HDF5 file, but no activation store.
  case notAStore(path: String, format: String?)
  /// The store was written to a schema that this version does not know.
  case unknownSchema(path: String, found: Int, known: Int)
  /// The file holds something that no store has and that is not safe to follow.
  case forbidden(path: String, object: ByteString, Forbidden)
  /// A part of the store is not what it should be.
  case malformed(path: String, object: String, found: String, expected: String)
  /// Reading failed.
  case readFailed(path: String, code: Int32)
  /// The file stops before the bytes it should have.
  case endsEarly(path: String, offset: Int, missing: Int)
  /// There is no dataset for that site and layer.
  case noSuchDataset(path: String, site: String, layer: Int?, present: [String])
  /// Rows were asked for that are not written yet.
  case notCommitted(path: String, unit: Int, whole: Int, units: Int)
  /// The file about the run cannot be written.
  case manifest(path: String, reason: String)

  /// What is wrong with a column of the prompts.
  public enum ColumnFault: Sendable, Equatable {
    /// It has no name.
    case unnamed
    /// Another column has the same name.
    case repeated
    /// A text holds NUL, which the file's strings cannot.
    case nul(prompt: Int)
  }

  /// What became of a file that rows of a virtual store come from.
  public enum SourceFault: Sendable, Equatable {
    /// It is not there.
    case missing
    /// It is longer or shorter than it was.
    case size(found: Int, expected: Int)
    /// It is a store of other rows.
    case other
    /// Its bytes are not those it had.
    case changed
  }

  /// What must not be followed in a file that may be a stranger's.
  public enum Forbidden: Sendable, Equatable {
    /// A link into another file.
    case externalLink
    /// A link by name.
    case softLink
    /// A link of a kind that needs a plug-in.
    case userDefinedLink
    /// Values kept in another file.
    case externalStorage
    /// Values put together from other datasets.
    case virtualStorage
    /// Values put together from a file that is not below the folder.
    case sourceOutside(ByteString)
    /// A table in chunks, whose filter may need a plug-in.
    case chunks(filter: Int)
    /// Packed with a filter that is none of ours.
    case filter(Int)
    /// Packed in chunks that are not runs of rows, or too large to unpack.
    case chunkShape
    /// Values in no place of their own.
    case otherStorage
    /// Values that are neither numbers nor text.
    case type
    /// A type with a name of its own.
    case namedType
    /// More bytes than the file has.
    case size(fileSize: Int)
    /// More objects than a store can have.
    case objects(limit: Int)
    /// Groups nested deeper than in any store.
    case depth(limit: Int)
  }

  public var kind: FailureKind {
    switch self {
    case .outputExists, .outputIsFolder, .cannotCreate, .cannotBuild, .noSpace, .overFileSizeLimit,
      .cannotLock, .manifest, .tooManyFiles, .tooManySources:
      .cannotCreate
    case .held, .replaced, .notCommitted: .tryAgain
    case .identityDiffers, .contentDiffers: .mismatch
    case .writeFailed, .syncFailed, .readFailed, .vanished, .damagedUnits: .inputOutput
    case .overflow, .column, .notRegularFile, .hdf5, .notAStore, .unknownSchema, .forbidden,
      .malformed, .endsEarly, .damaged, .notAsRecorded, .unfillable:
      .badInput
    case .source(_, _, let fault): fault == .missing ? .missingInput : .badInput
    case .merge(_, let fault): fault.kind
    case .notFound, .cannotOpen: .missingInput
    case .noSuchDataset: .usage
    }
  }
}
