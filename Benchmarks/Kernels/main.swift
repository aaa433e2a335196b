// Kernels on named shapes: products on one thread and, as the measured peak, the bare products of a whole
// model on all threads; attention and row kernels on one thread. Best of several runs. With --json the
// model's peak alone, as rows per second by precision.

import Foundation
import Kernels

let threads = ProcessInfo.processInfo.activeProcessorCount
let chain = Chain.smolLM2
let peaks = Precision.allCases.map { precision in
  (precision, chain.rowsPerSecond(precision: precision, rows: 64, threads: threads, rounds: 7))
}
if CommandLine.arguments.contains("--json") {
  let members = peaks.map { "\"\($0.0.rawValue)\": \($0.1)" }.joined(separator: ", ")
  print("{\"threads\": \(threads), \"operations_per_row\": \(chain.operationsPerRow), \(members)}")
  exit(0)
}

func row(_ name: String, _ figures: String...) {
  let padded = name.padding(toLength: 34, withPad: " ", startingAt: 0)
  print(padded + figures.map { String(repeating: " ", count: max(0, 16 - $0.count)) + $0 }.joined())
}

func rounded(_ value: Double, _ unit: String) -> String { "\(Int(value.rounded())) \(unit)" }

print("oneDNN \(MatrixEngine.backendVersion), \(MatrixEngine.instructionSet), \(threads) threads\n")
row("products of 64 rows, 1 thread", "f32", "bf16")
for product in ProductCase.all {
  let rates = Precision.allCases.map { precision in
    MatrixEngine(precision: precision)?
      .operationsPerSecond(inner: product.inner, columns: product.columns) ?? .nan
  }
  row(product.name, rounded(rates[0] / 1e9, "GFLOP/s"), rounded(rates[1] / 1e9, "GFLOP/s"))
}

print()
row("bare products of a model", "rows/s", "GFLOP/s")
for (precision, rows) in peaks {
  row(
    "\(chain.name), \(precision.rawValue)", rounded(rows, ""),
    rounded(rows * Double(chain.operationsPerRow) / 1e9, ""))
}

print()
row("attention, 1 thread", "per position", "GFLOP/s")
for attention in AttentionCase.all {
  let seconds = attention.seconds()
  row(
    attention.name, rounded(seconds / Double(attention.positions) * 1e9, "ns"),
    rounded(Double(attention.operations) / seconds / 1e9, ""))
}

print()
row("row kernels, 64 rows, 1 thread", "per row")
var wide = FloatMatrix(rows: 64, width: 1536)
let other = FloatMatrix(rows: 64, width: 1536)
var narrow = FloatMatrix(rows: 64, width: 576)
let from = FloatMatrix(rows: 64, width: 576)
row("SiLU gate, width 1536", rounded(best { gateSiLU(&wide, with: other, rows: 64) } / 64 * 1e9, "ns"))
row(
  "RMS norm, width 576",
  rounded(best { rmsNormalize(from, rows: 64, epsilon: 1e-5, into: &narrow) } / 64 * 1e9, "ns"))
