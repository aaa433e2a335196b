import Inference
public import Tokenization

extension TokenizedPrompt {
  /// Token ids without a text.
  public init(_ ids: [Int32]) {
    self.init(ids: ids, roles: Array(repeating: .user, count: ids.count))
  }

  /// Seeded prompts of 1 to 70 tokens below 200, many of which begin alike.
  public static func random(count: Int, seed: UInt64) -> [TokenizedPrompt] {
    var numbers = SplitMix64(seed: seed)
    var prompts: [TokenizedPrompt] = []
    for _ in 0..<count {
      let model = prompts.randomElement(using: &numbers)?.ids ?? []
      let kept = model.prefix(Int.random(in: 0...max(model.count, 1), using: &numbers))
      let added = Int.random(in: kept.isEmpty ? 1...30 : 0...12, using: &numbers)
      let ids = kept + (0..<added).map { _ in Int32.random(in: 0..<200, using: &numbers) }
      prompts.append(TokenizedPrompt(Array(ids.prefix(70))))
    }
    return prompts
  }
}
