public import ModelFiles
public enum PositionRole: UInt8, Sendable { case template = 0, system, user, assistant, tail, bos }
public struct TokenizedPrompt: Sendable { public let ids: [Int32]; public let roles: [PositionRole] }
public struct Tokenizer: Sendable { public func encode(_ s: String) -> [Int32] { [] } }
