package import Inference
import ModelFiles

/// The prompts that are compared, harmless ones first, and which of them are counterparts.
package struct GapPrompts: Sendable {
  /// How many are harmless.
  package let harmlessCount: Int
  /// Their places among all prompts, harmless ones first; the order is that of all tables of angles.
  package let places: [Int]
  /// Counterparts, as places in this list.
  let counterparts: [(harmless: Int, harmful: Int)]

  /// How many are harmful.
  var harmfulCount: Int { places.count - harmlessCount }

  /// Takes prompts as they are.
  package init(harmless: [Int], harmful: [Int], counterparts: [(harmless: Int, harmful: Int)] = [])
  {
    harmlessCount = harmless.count
    places = harmless + harmful
    self.counterparts = counterparts
  }

  /// Draws prompts of both classes, groups in turn and whole pairs where the file knows them.
  init(_ checks: ModelChecks, perClass count: Int) {
    let prompts = checks.prompts
    let harmful = checks.sample(ofClass: 1, count: count, stream: .gapPrompts)
    var partners: [ByteString: [Int]] = [:]
    for place in prompts.indices.reversed() where prompts[place].label == 0 {
      if let pair = prompts[place].pair { partners[pair, default: []].append(place) }
    }
    let matched = harmful.map { place in
      prompts[place].pair.flatMap { partners[$0]?.popLast() }
    }
    var harmless = matched.compactMap(\.self)
    let taken = Set(harmless)
    let others = checks.sample(ofClass: 0, count: prompts.count, stream: .gapPrompts)
      .filter { !taken.contains($0) }
    if harmless.count < count {
      harmless += checks.thinned(others, to: count - harmless.count)
    }
    var counterparts: [(harmless: Int, harmful: Int)] = []
    for (index, partner) in matched.enumerated() where partner != nil {
      counterparts.append((counterparts.count, harmless.count + index))
    }
    self.init(harmless: harmless, harmful: harmful, counterparts: counterparts)
  }

  /// Labels exchanged at random: which prompt takes each place.
  ///
  /// Counterparts change places with each other by a coin's toss; prompts without one are shuffled.
  package func exchanges(_ count: Int, _ generator: inout SeededGenerator) -> [[Int]] {
    let paired = Set(counterparts.flatMap { [$0.harmless, $0.harmful] })
    let single = places.indices.filter { !paired.contains($0) }
    return (0..<count).map { _ in
      var order = Array(places.indices)
      for pair in counterparts where generator.below(2) == 1 {
        order.swapAt(pair.harmless, pair.harmful)
      }
      var shuffled = single
      generator.shuffle(&shuffled)
      for (place, taker) in zip(single, shuffled) { order[place] = taker }
      return order
    }
  }
}

extension ModelChecks {
  /// Some of a list of prompts, drawn without regard to groups.
  fileprivate func thinned(_ places: [Int], to count: Int) -> [Int] {
    var shuffled = places
    var generator = SeededGenerator(seed: seed &+ 1, stream: .gapPrompts)
    generator.shuffle(&shuffled)
    return shuffled.prefix(count).sorted()
  }
}
