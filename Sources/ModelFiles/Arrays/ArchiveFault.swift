/// What is wrong with a zip file of arrays.
public enum ArchiveFault: Error, Sendable, Equatable {
  /// It does not end as a zip file does.
  case noEnd
  /// Its directory is not where its end says.
  case directory
  /// It is one of several.
  case severalDisks
  /// More entries than such a file can have.
  case entries(Int)
  /// An entry of the directory is cut off or is none.
  case entry(index: Int)
  /// An entry's name is empty, too long or not plain text.
  case name(ByteString)
  /// Two entries have one name.
  case repeatedName(ByteString)
  /// An entry is locked with a password.
  case encrypted(ByteString)
  /// An entry is packed in a way that is not read.
  case method(ByteString, Int)
  /// An entry's own header is not where the directory says, or says something else.
  case header(ByteString)
  /// An entry's bytes are another's, too, or lie outside the file.
  case place(ByteString)
  /// An entry says that it has more bytes than it can have.
  case bomb(ByteString, packed: Int, unpacked: Int)
  /// An entry does not unpack to what it says.
  case damaged(ByteString)
  /// An entry is no array of NumPy's, or its header cannot be understood.
  case array(ByteString, String)
}

extension ArchiveFault {
  /// What was found and what was expected, as the middle of a sentence.
  var phrase: String {
    switch self {
    case .noEnd:
      "it does not end as a zip file does; the download or the copy may be incomplete"
    case .directory:
      "its directory is not where its end says; the file may be cut off or have been changed"
    case .severalDisks:
      "it is one part of several; join them first"
    case .entries(let count):
      "it says that it has \(count) entries, more than fit"
    case .entry(let index):
      "entry \(index) of its directory is cut off"
    case .name(let name):
      "the name \"\(name)\" of an entry is empty, too long or holds control characters"
    case .repeatedName(let name):
      "it has two entries \(name)"
    case .encrypted(let name):
      "\(name) is locked with a password"
    case .method(let name, let method):
      "\(name) is packed by method \(method), but only stored and deflated entries are read; use "
        + "numpy.savez or numpy.savez_compressed"
    case .header(let name):
      "the header of \(name) is not what the directory says"
    case .place(let name):
      "the bytes of \(name) lie outside the file or are another entry's, too"
    case .bomb(let name, let packed, let unpacked):
      "\(name) says that its \(packed) bytes unpack to \(unpacked), more than deflate can"
    case .damaged(let name):
      "\(name) does not unpack to what its size and checksum say"
    case .array(let name, let problem):
      "\(name) is no array that is read: \(problem)"
    }
  }
}
