public import ModelFiles
import Tokenization

/// Why a store's prompts cannot be put to a model again.
public enum ModelCheckError: Failure, Equatable {
  /// The store was captured from another model or adapter.
  case otherModel(path: String, what: String, found: ByteString, expected: ByteString)
  /// A prompt has no token.
  case noTokens(path: String, prompt: Int)
  /// A token is outside the model's vocabulary.
  case token(path: String, prompt: Int, found: Int32, vocabularySize: Int)
  /// A token's role is none of ours.
  case role(path: String, prompt: Int, found: UInt8)

  public var kind: FailureKind {
    switch self {
    case .otherModel: .mismatch
    case .noTokens, .token, .role: .badInput
    }
  }

  public var description: String {
    switch self {
    case .otherModel(let path, let what, let found, let expected):
      """
      \(ByteString(path)) was captured from \(what) \(found), but --model is \(expected); give the model \
      it was captured from
      """
    case .noTokens(let path, let prompt):
      "\(ByteString(path)) has no token of prompt \(prompt), but a model needs at least one; extract it anew"
    case .token(let path, let prompt, let found, let vocabularySize):
      """
      \(ByteString(path)) has token \(found) in prompt \(prompt), but the model's tokens are 0 to \
      \(vocabularySize - 1); extract it anew
      """
    case .role(let path, let prompt, let found):
      """
      \(ByteString(path)) has role \(found) in prompt \(prompt), but roles are 0 to \
      \(PositionRole.allCases.count - 1); extract it anew
      """
    }
  }
}
