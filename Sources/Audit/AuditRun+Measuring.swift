import Inference
import Kernels

extension AuditRun {
  /// Asks both models, one loaded at a time.
  func measure(_ log: AuditLog) throws -> Measured {
    var baselines: [(AuditBaseline.Kind, [[Int32]])] = []
    let before: Answers
    do {
      let bench = bench(models.before, log)
      before = try answers(of: .before, bench)
      if settings.measuresBaseline, let other = encoded.otherSystem {
        baselines.append(
          (other.kind, try bench.answers(to: other.prompts, "before/\(other.kind.rawValue)")))
      }
    }
    let after = try answers(of: .after, bench(models.after, log))
    if settings.measuresRandomControl,
      let random = weights.randomAdapter(for: models.before, seed: settings.audit.seed)
    {
      let disturbed = try AdaptedModel(
        models.before.checkpoint, adapters: models.before.adapters + [AppliedAdapter(random)])
      baselines.append(
        (
          .randomUpdate,
          try bench(disturbed, log).answers(to: encoded.harmful, "random-update/harmful")
        ))
    }
    // The gate asks the model before how likely both models' answers are.
    let bench = bench(models.before, log)
    return Measured(
      before: before, after: after,
      likelihoodsBefore: try likelihoods(.before, before, bench),
      likelihoodsAfter: try likelihoods(.after, after, bench), baselines: baselines)
  }

  private func answers(of side: AuditSide, _ bench: AuditBench) throws -> Answers {
    let name = side.rawValue
    return Answers(
      harmful: try bench.answers(to: encoded.harmful, "\(name)/harmful"),
      harmless: try bench.answers(to: encoded.harmless, "\(name)/harmless"),
      choices: try bench.choices(encoded.utility, "\(name)/utility"),
      losses: try bench.losses(of: encoded.heldOut, "\(name)/held-out"),
      samples: try samples(of: side, bench),
      scores: try questions.probe.map { probe in
        ProbeScores(
          harmful: try bench.scores(of: encoded.harmful, by: probe, "\(name)/probe/harmful"),
          harmless: try bench.scores(of: encoded.harmless, by: probe, "\(name)/probe/harmless"))
      })
  }

  private func samples(of side: AuditSide, _ bench: AuditBench) throws -> [[[Int32]]] {
    guard let plan = settings.audit.sampling else { return [] }
    return try (0..<plan.samples).map { sample in
      try bench.answers(
        to: encoded.harmful,
        drawnBy: questions.harmful.prompts.map {
          plan.sampler(of: sample, for: $0, seed: settings.audit.seed)
        }, "\(side.rawValue)/sample-\(sample + 1)")
    }
  }

  private func likelihoods(
    _ side: AuditSide, _ answers: Answers, _ bench: AuditBench
  ) throws -> Likelihoods {
    Likelihoods(
      harmful: try bench.meanLogProbabilities(
        of: answers.harmful, to: encoded.harmful, "likelihood/\(side.rawValue)/harmful"),
      harmless: try bench.meanLogProbabilities(
        of: answers.harmless, to: encoded.harmless, "likelihood/\(side.rawValue)/harmless"))
  }

  private func bench(_ model: AdaptedModel, _ log: AuditLog) -> AuditBench {
    let (precision, threads) = (settings.audit.precision, settings.threads)
    return AuditBench(settings, log: log) {
      try Decoder(model, precision: precision, threads: threads)
    }
  }
}
