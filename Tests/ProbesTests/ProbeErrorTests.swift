import ModelFiles
import Probes
import Testing

@Suite("Probe errors")
struct ProbeErrorTests {
  static let sentences: [(ProbeError, FailureKind, String)] = [
    (
      .noColumn(path: "s.h5", name: "class", has: ["id", "la\u{1B}bel"]), .usage,
      "s.h5 has no column class; the prompt file gave it id, la\\u{1B}bel"
    ),
    (
      .noCommonPosition(path: "s.h5", prompts: 7), .badInput,
      "no position captured in s.h5 is the same place in all 7 prompts; extract with --positions last or template.tail"
    ),
    (
      .siteName(path: "s.h5", site: "a/\n"), .badInput,
      "s.h5 has a site named a/\\n, which no hook of ours is called"
    ),
    (
      .nothingSelected(path: "s.h5", prompts: 9, unlabeled: 4, notFinite: 3, otherSplit: 2),
      .badInput,
      "none of the 9 prompts in s.h5 can be used: 4 without a label, 3 with values that are not finite, 2 of another split"
    ),
    (
      .unknownLabel(value: "toxic", prompt: "p\u{7}"), .badInput,
      "the label \"toxic\" of prompt p\\u{07} is none of 0, 1, true, false, harmful, harmless; name the label that is class 1 with --positive"
    ),
    (
      .positiveLabelAbsent(value: "bad", found: ["a", "b"]), .usage,
      "no prompt has the label \"bad\" named by --positive; the column has \"a\", \"b\""
    ),
    (
      .oneClass(label: 1, rows: 12), .badInput,
      "all 12 labelled prompts are of class 1; a probe needs both classes"
    ),
    (
      .tooFewGroups(found: 1, needed: 3), .badInput,
      """
      the prompts form 1 group once those sharing a pair or a text, and near-duplicates of different \
      labels, are joined; held-out folds need at least 3
      """
    ),
    (
      .classInTooFewFolds(label: 0, folds: 2, groups: 2, needed: 3), .badInput,
      "class 0 occurs in 2 groups and so in 2 folds; every training part has both classes only when each is in at least 3"
    ),
    (
      .noComparablePairs, .badInput,
      "no held-out fold has both classes, so no two scores can be compared; groups that contain both classes are needed"
    ),
    (
      .notFinite(cell: "embed.last", row: 3, column: 4), .badInput,
      "embed.last holds a value that is not finite, in row 3, component 4"
    ),
    (
      .notConverged(cell: "embed.last", penalty: 10, iterations: 100, decrement: 0.5), .software,
      "logistic regression on embed.last at C = 10.0 was given up after 100 steps with a squared decrement of 0.5"
    ),
    (
      .probeFile(path: "p.safetensors", problem: "it is odd"), .badInput,
      "p.safetensors is not a file of probes: it is odd"
    ),
    (
      .mismatch(path: "p.safetensors", what: "model", found: "aa", expected: "bb"), .mismatch,
      "the probes in p.safetensors were fitted on model aa, but these vectors come from bb; fit probes on this one instead"
    ),
    (
      .noSuchProbe(path: "p.safetensors", cell: "x", has: ["a", "b", "c", "d", "e"]), .usage,
      "p.safetensors has no probe x; it has a, b, c, d and 1 more"
    ),
    (
      .placeNotCaptured(path: "s.h5", cell: "embed.last"), .mismatch,
      "the probe reads embed.last, which s.h5 did not capture; extract that site, layer and position"
    ),
    (
      .width(cell: "embed.last", found: 3, expected: 4), .mismatch,
      "embed.last was fitted on vectors of 4 components, but this one has 3"
    ),
  ]

  @Test("are one sentence each, with what was found and what to do")
  func descriptions() {
    for (error, kind, sentence) in Self.sentences {
      #expect(error.description == sentence)
      #expect(error.kind == kind)
    }
  }
}
