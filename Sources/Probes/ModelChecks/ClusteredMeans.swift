/// Means over the prompts of a class, with intervals from draws of whole clusters.
struct ClusteredMeans {
  /// The number of clusters.
  let clusterCount: Int

  private let labels: [Int]
  private let bootstrap: ClusterBootstrap

  /// Draws as many clusters as there are, with replacement, again and again.
  init(_ prompts: [ProbePrompt], draws: Int, seed: UInt64) {
    let clusters = Clusters(prompts)
    clusterCount = clusters.count
    labels = prompts.map(\.label)
    bootstrap = ClusterBootstrap(clusters: clusters, draws: draws, seed: seed)
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
    let ones = labels.map { $0 == label ? 1.0 : 0 }
    if let estimate = bootstrap.ratio(zip(ones, values).map { $0 == 0 ? 0 : $1 }, over: ones) {
      return estimate
    }
    let mean = mean(values, ofClass: label)
    return Estimate(value: mean, low: mean, high: mean, draws: 0)
  }
}
