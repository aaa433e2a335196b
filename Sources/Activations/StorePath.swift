/// The paths of the datasets that every store has, and of those that a virtual one has besides.
enum StorePath {
  static let text = "/prompts/text"
  static let textDigest = "/prompts/text_sha256"
  static let tokenOffset = "/prompts/token_offset"
  static let status = "/prompts/status"
  static let tokenID = "/tokens/id"
  static let tokenRole = "/tokens/role"
  static let rowPrompt = "/rows/prompt"
  static let rowPosition = "/rows/position"
  static let rowRole = "/rows/role"
  static let checksum = "/commit/crc32c"
  static let firstRow = "/commit/first_row"
  static let sourceFile = "/sources/file"
  static let sourceByteCount = "/sources/bytes"
  static let sourceDigest = "/sources/sha256"
  static let sourceFirst = "/sources/first_prompt"
  static let sourceEnd = "/sources/end_prompt"
}
