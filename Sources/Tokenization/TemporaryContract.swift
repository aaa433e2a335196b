public enum PositionRole: UInt8, Sendable { case template = 0, system, user, assistant, tail, bos }
public struct TokenizedPrompt: Sendable { public let ids: [Int32]; public let roles: [PositionRole]; public init(ids: [Int32], roles: [PositionRole]) { self.ids = ids; self.roles = roles } }
