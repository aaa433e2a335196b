/// Means over the prompts of a class, with intervals from draws of whole clusters.
struct ClusteredMeans {
  /// The number of clusters.
  let clusterCount: Int

  private let labels: [Int]
  private let clusters: [Int]
  /// How often each cluster is in each draw, `[draw, cluster]`; one set of draws serves every figure.
  private let times: [[Int]]

  /// Draws as many clusters as there are, with replacement, again and again.
  init(_ prompts: [ProbePrompt], draws: Int, seed: UInt64) {
    let clusters = Clusters(prompts)
    var generator = SeededGenerator(seed: seed, stream: ModelCheckStream.bootstrap)
    clusterCount = clusters.count
    self.clusters = clusters.indices
    labels = prompts.map(\.label)
    times = (0..<draws).map { _ in
      var times = [Int](repeating: 0, count: clusters.count)
      for _ in 0..<clusters.count { times[generator.below(clusters.count)] += 1 }
      return times
    }
  }

  /// The prompts of a class.
  func rows(ofClass label: Int) -> [Int] { labels.indices.filter { labels[$0] == label } }

  /// The mean of each class.
  func classMeans(_ values: [Double]) -> ClassMeans {
    ClassMeans(positives: mean(values, ofClass: 1), negatives: mean(values, ofClass: 0))
  }

  /// What an intervention does to each class, beside random ones.
  ///
  /// - Parameters:
  ///   - changes: the change of each prompt.
  ///   - random: the same for each random direction.
  /// - Returns: mean changes, with intervals.
  func effect(_ changes: [Double], random: [[Double]]) -> CausalEffect {
    func effect(_ label: Int) -> ClassEffect {
      ClassEffect(
        change: estimate(changes, ofClass: label),
        random: random.map { mean($0, ofClass: label) })
    }
    return CausalEffect(positives: effect(1), negatives: effect(0))
  }

  private func mean(_ values: [Double], ofClass label: Int) -> Double {
    let rows = rows(ofClass: label)
    return rows.reduce(0) { $0 + values[$1] } / Double(rows.count)
  }

  private func estimate(_ values: [Double], ofClass label: Int) -> Estimate {
    var sums = [Double](repeating: 0, count: clusterCount)
    var counts = [Int](repeating: 0, count: clusterCount)
    for row in rows(ofClass: label) {
      sums[clusters[row]] += values[row]
      counts[clusters[row]] += 1
    }
    let replicates = times.map { times -> Double? in
      let count = zip(times, counts).reduce(0) { $0 + $1.0 * $1.1 }
      let sum = zip(times, sums).reduce(0.0) { $0 + Double($1.0) * $1.1 }
      return count == 0 ? nil : sum / Double(count)
    }
    let mean = mean(values, ofClass: label)
    return ClusterBootstrap.estimate(mean, replicates)
      ?? Estimate(value: mean, low: mean, high: mean, draws: 0)
  }
}
