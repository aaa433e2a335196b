import Inference
import Probes
import Testing

/// The search asks for shares and knows of no model, so that shares can be made up.
@Suite("Search for robust modules")
struct RobustSearchTests {
  private typealias Member = ModuleSet.Member
  private static let all = ModuleSet([]).complement(layerCount: 6).members

  private func search(
    threshold: Double = 0.95, layerCount: Int = 6, verified: (([Member]) -> Double)? = nil,
    _ share: @escaping ([Member]) -> Double
  ) throws -> RobustSearch.Found {
    try RobustSearch(
      layerCount: layerCount, threshold: threshold, share: share, verifiedShare: verified ?? share
    ).search()
  }

  /// Costs by depth: a module of block 5 costs 1, one of block 0 costs 6, in hundredths.
  private func additive(_ members: [Member]) -> Double {
    1 - Double(members.reduce(0) { $0 + 6 - $1.layer }) / 100
  }

  @Test("takes what an additive budget allows, and nothing else")
  func budget() throws {
    // Alone, each kind keeps blocks 4 and 5 (1 + 2 + 3 = 6 is too much). Ties go in the order of kinds: the first
    // takes 3 of the budget of 5, the next only block 5, one more, then one more.
    let found = try search(additive)
    let kinds = WeightModule.projections
    let expected = [
      Member(kinds[0], layer: 4), Member(kinds[0], layer: 5), Member(kinds[1], layer: 5),
      Member(kinds[2], layer: 5),
    ]
    #expect(ModuleSet(found.members) == ModuleSet(expected))
    #expect(found.share == additive(expected))
    // Growing: 3 each of 7. Joining: 1, 2, 2, then 2 each of 4 in vain. Fresh draws: 5.
    #expect(found.evaluations == 21 + 5 + 8 + 5)
    #expect(found.steps.count == 21 + 13 + 1)
  }

  @Test("shrinks what is harmless alone and harmful together")
  func joint() throws {
    let pair: Set<WeightModule> = [.queryProjection, .keyProjection]
    func share(_ members: [Member]) -> Double {
      let layers = pair.map { module in Set(members.filter { $0.module == module }.map(\.layer)) }
      // Both of them above block 4 break it.
      let isBroken = layers.allSatisfy { $0.contains { $0 < 4 } }
      return isBroken ? 0 : 1
    }
    let found = try search(share)
    #expect(found.members.count == Self.all.count - 4)
    let joined = found.steps.filter { $0.phase == .join && !$0.isKept }
    #expect(joined.map(\.first) == [0, 1, 2, 3])
    #expect(Set(joined.map(\.module)).count == 1)
    #expect(share(found.members) == 1)
  }

  @Test("takes everything where nothing is lost, and nothing where everything is")
  func extremes() throws {
    let all = try search { _ in 1 }
    #expect(ModuleSet(all.members) == ModuleSet(Self.all))
    #expect(all.share == 1)
    #expect(all.evaluations == 42 + 7 + 5)
    let none = try search { $0.isEmpty ? 1 : 0.9 }
    #expect(none.members.isEmpty && none.share == nil)
    #expect(none.evaluations == 7 && none.steps.allSatisfy { !$0.isKept })
  }

  @Test("takes the longest runs first, and of equal ones that with the larger share")
  func order() throws {
    let found = try search { members in
      let kinds = Set(members.map(\.module))
      if kinds == [.valueProjection] { return members.contains { $0.layer < 3 } ? 0 : 0.97 }
      if kinds == [.upProjection] { return members.contains { $0.layer < 3 } ? 0 : 0.99 }
      return kinds == [.downProjection] ? 1 : 0
    }
    let tried = found.steps.filter { $0.phase == .join }.compactMap(\.module)
    var order: [WeightModule] = []
    for module in tried where order.last != module { order.append(module) }
    #expect(order == [.downProjection, .upProjection, .valueProjection])
  }

  @Test("takes modules away where fresh draws leave less, the first of the kind that costs most")
  func verification() throws {
    func fresh(_ members: [Member]) -> Double {
      members.contains(Member(.upProjection, layer: 0)) ? 0.5 : 1
    }
    func share(_ members: [Member]) -> Double {
      members.contains { $0.module == .upProjection } ? 0.96 : 1
    }
    let found = try search(verified: fresh, share)
    #expect(
      Set(found.members)
        == Set(Self.all).subtracting([Member(.upProjection, layer: 0)]))
    #expect(found.steps.suffix(3).map(\.phase) == [.verify, .remove, .verify])
    #expect(found.evaluations == 42 + 7 + 5 + 7 + 5)
  }

  @Test("never grows less where less has to be left")
  func monotone() throws {
    var numbers = TestGenerator(3)
    for _ in 0..<40 {
      var shares: [String: Double] = [:]
      for module in WeightModule.projections {
        for first in 0..<6 { shares["\(module.rawValue) \(first)"] = numbers.uniform() }
      }
      func grown(_ threshold: Double) throws -> Int {
        var found = RobustSearch.Found()
        return try RobustSearch(
          layerCount: 6, threshold: threshold,
          share: { members in
            shares["\(members[0].module.rawValue) \(members.map(\.layer).min() ?? 0)"] ?? 0
          }, verifiedShare: { _ in 1 }
        ).grow(&found).reduce(0) { $0 + 6 - $1.first }
      }
      let sums = try stride(from: 0.0, through: 1, by: 0.05).map(grown)
      #expect(zip(sums, sums.dropFirst()).allSatisfy { $0 >= $1 })
      #expect((sums.first ?? 0) == 42)
    }
  }
}
