import Activations
import Inference
import ModelFiles
import Probes
import Reports
import Tokenization

/// The model behind a store, for the rows of a probe report that need it.
struct ProbeModel {
  /// What the analysis asks of the model.
  let companion: ModelCompanion
  private let tokenizer: Tokenizer

  /// Loads a model, refusing one that the store is not of.
  init(
    _ name: String, _ stored: StoredProbeDataset, of store: ActivationStore, seed: UInt64,
    _ options: RunOptions
  ) throws {
    let model = try ModelOption.open(name)
    let checkpoint = model.checkpoint
    let decoder = try Decoder(
      model, precision: store.identity.precision, threads: options.threads)
    let checks = try ModelChecks(
      stored, of: store, decoder: decoder, modelDigest: checkpoint.digest(),
      adapterDigest: model.adapterDigest, threads: options.threads, seed: seed)
    tokenizer = try Tokenizer(checkpoint.tokenizer)
    companion = ModelCompanion(
      checks: checks,
      opening: try checks.refusalOpening(
        tokenizer: tokenizer,
        endOfSequence: tokenizer.endOfSequence.union(checkpoint.configuration.endOfSequenceIDs)),
      precision: store.identity.precision)
  }

  /// Scores of single tokens; nil for a store without its prompts' text.
  func tokens(
    _ run: ProbeRun, _ stored: StoredProbeDataset, of store: ActivationStore
  ) throws -> TokenView? {
    guard store.identity.storesText else { return nil }
    let ids = store.prompts.columns.first { $0.name == "id" }?.values
    return try TokenView(
      run, origin: stored.origin, checks: companion.checks,
      ids: stored.storedPrompts.map { ids?[$0] ?? "\($0 + 1)" }, tokenizer: tokenizer)
  }
}
