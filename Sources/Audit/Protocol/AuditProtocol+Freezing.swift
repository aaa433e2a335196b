public import Inference
public import Kernels
public import Tokenization

extension AuditProtocol {
  /// Writes down everything that answers and their comparison depend on.
  public init(
    _ questions: AuditRun.Questions,
    category: String, split: String?, limit: Int? = nil, tokenizerDigest: String,
    encoder: PromptEncoder,
    maxTokens: Int, sampling: SamplingPlan? = nil, precision: Precision, rules: RefusalRules,
    margins: AuditMargins, draws: Int, seed: UInt64
  ) {
    harmfulDigest = questions.harmful.digest
    harmlessDigest = questions.harmless.digest
    utilityDigest = questions.utility?.digest
    heldOutDigest = questions.heldOut?.digest
    probeDigest = questions.probe?.digest
    probe = questions.probe?.name
    self.category = category
    self.split = split
    self.limit = limit
    self.tokenizerDigest = tokenizerDigest
    templateDigest = encoder.options.isRaw ? nil : encoder.template?.digest
    encoding = encoder.options
    decoding = Self.greedy
    self.sampling = sampling
    self.maxTokens = maxTokens
    self.precision = precision
    self.rules = rules.name
    rulesVersion = rules.version
    rulesDigest = rules.digest
    scopes = [.anywhere, .opening]
    self.margins = margins
    confidence = 0.95
    self.draws = draws
    self.seed = seed
  }
}
