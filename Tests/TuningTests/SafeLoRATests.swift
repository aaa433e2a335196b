import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tuning

@Suite("Safe LoRA")
struct SafeLoRATests {
  private static let base = Goldens.path("models/llama-tied")
  private static let paths = ["model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"]

  /// A random adapter of some rank on modules of the tiny model.
  private static func adapter(
    rank: Int, modules: [String] = paths, seed: UInt64
  ) throws -> LowRankAdapter {
    let shapes = Dictionary(
      uniqueKeysWithValues: DecoderDescription(try Checkpoint(path: base).configuration)
        .linearModules.map { ($0.path, $0.shape) })
    return LowRankAdapter(
      AdapterConfiguration(rank: rank, alpha: Double(rank), targets: .pattern(".*")),
      modules: try modules.enumerated().map { index, path in
        let shape = try #require(shapes[path])
        let seed = seed + 100 * UInt64(index)
        return LowRankAdapter.Module(
          path: path, rank: rank, down: randomValues(rank * shape[1], seed: seed),
          up: randomValues(shape[0] * rank, seed: seed + 1))
      })
  }

  /// The base model and one that alignment has changed by an adapter's update.
  private static func models(
    _ alignment: LowRankAdapter
  ) throws -> (base: AdaptedModel, aligned: AdaptedModel) {
    let checkpoint = try Checkpoint(path: base)
    return (
      try AdaptedModel(checkpoint),
      try AdaptedModel(checkpoint, adapters: [AppliedAdapter(alignment)])
    )
  }

  /// A module's product `B A` in double precision, `[out][in]`.
  private static func product(_ module: LowRankAdapter.Module) -> [[Double]] {
    (0..<module.outputWidth).map { row in
      (0..<module.inputWidth).map { column in
        (0..<module.rank).reduce(0.0) {
          $0 + Double(module.up[row * module.rank + $1])
            * Double(module.down[$1 * module.inputWidth + column])
        }
      }
    }
  }

  private static func times(_ left: [[Double]], _ right: [[Double]]) -> [[Double]] {
    left.map { row in
      (0..<right[0].count).map { column in
        row.indices.reduce(0.0) { $0 + row[$1] * right[$1][column] }
      }
    }
  }

  private static func transposed(_ matrix: [[Double]]) -> [[Double]] {
    (0..<matrix[0].count).map { column in matrix.map { $0[column] } }
  }

  private static func inner(_ left: [[Double]], _ right: [[Double]]) -> Double {
    zip(left.joined(), right.joined()).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test("inner products of factors give what whole matrices give", arguments: [4, 36])
  func direct(rank: Int) throws {
    // At rank 36 alignment changes the weights in all directions, at rank 4 in few.
    let alignment = try Self.adapter(rank: rank, seed: 3)
    let tuned = try Self.adapter(rank: 3, seed: 9)
    let (base, aligned) = try Self.models(alignment)
    let outcome = try SafeLoRA(.threshold(1)).edit(tuned, base: base, aligned: aligned, threads: 2)
    for (index, score) in outcome.scores.enumerated() {
      let change = Self.product(alignment.modules[index])
      let norm = Self.inner(change, change).squareRoot()
      let update = Self.product(tuned.modules[index])
      let projected = Self.times(change, Self.times(Self.transposed(change), update))
        .map { $0.map { $0 / norm } }
      let (a, b) = (Self.inner(projected, projected), Self.inner(update, update))
      let cosine = Self.inner(projected, update) / (a * b).squareRoot()
      expectClose([Float(try #require(score.cosine))], [cosine], .matrix, "cosine")
      expectClose([Float(try #require(score.ratio))], [(a / b).squareRoot()], .matrix, "ratio")
      expectClose([Float(try #require(score.alignmentNorm))], [norm], .matrix, "|V|")
      #expect(score.isEdited)
      expectClose(
        Self.product(outcome.adapter.modules[index]).joined().map { Float($0) },
        Array(projected.joined()), .matrix, "the edited update")
    }
  }

  @Test("the cosine of a random update with a change in all directions is near its expectation")
  func expectation() throws {
    // For V of independent values cos² ≈ tr(C)² / (d tr(C²)) = 1 / (1 + d_out / d_in).
    let alignment = try Self.adapter(rank: 1_024, seed: 5)
    let (base, aligned) = try Self.models(alignment)
    let scores = try (0..<10).flatMap { seed in
      try SafeLoRA().edit(
        Self.adapter(rank: 2, seed: 40 + UInt64(seed)), base: base, aligned: aligned, threads: 1
      ).scores
    }
    for (path, ratio) in zip(Self.paths, [36.0 / 36, 36.0 / 56]) {
      let cosines = scores.filter { $0.module == path }.compactMap(\.cosine)
      let mean = cosines.reduce(0, +) / Double(cosines.count)
      let expected = 1 / (1 + ratio).squareRoot()
      #expect(abs(mean - expected) < 0.06, "\(path): \(mean), expected about \(expected)")
    }
  }

  @Test("where alignment changed what the update does, the projection keeps its columns")
  func ownColumns() throws {
    let tuned = try Self.adapter(rank: 3, seed: 21)
    let (base, aligned) = try Self.models(tuned)
    for projection in AlignmentProjection.allCases {
      let outcome = try SafeLoRA(.threshold(1), projection: projection)
        .edit(tuned, base: base, aligned: aligned, threads: 1)
      for (before, after) in zip(tuned.modules, outcome.adapter.modules) {
        #expect(Self.residual(of: after, outside: before) < 1e-5)
      }
      #expect(outcome.scores.allSatisfy { ($0.cosine ?? 0) > 0.8 })
    }
  }

  /// The share of a module's `up` outside the columns of another's, by Gram-Schmidt.
  private static func residual(
    of module: LowRankAdapter.Module, outside other: LowRankAdapter.Module
  ) -> Double {
    func columns(_ module: LowRankAdapter.Module) -> [[Double]] {
      (0..<module.rank).map { column in
        (0..<module.outputWidth).map { Double(module.up[$0 * module.rank + column]) }
      }
    }
    func dot(_ left: [Double], _ right: [Double]) -> Double {
      zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
    func without(_ basis: [[Double]], _ vector: [Double]) -> [Double] {
      basis.reduce(vector) { rest, direction in
        let part = dot(rest, direction)
        return zip(rest, direction).map { $0 - part * $1 }
      }
    }
    var basis: [[Double]] = []
    for column in columns(other) {
      let rest = without(basis, without(basis, column))
      let norm = dot(rest, rest).squareRoot()
      basis.append(rest.map { $0 / norm })
    }
    return columns(module).map { column in
      let rest = without(basis, column)
      return (dot(rest, rest) / dot(column, column)).squareRoot()
    }.max() ?? 0
  }

  @Test("the projector is one: it keeps enough energy, shrinks and changes nothing twice")
  func projector() throws {
    let alignment = try Self.adapter(rank: 10, seed: 3)
    let tuned = try Self.adapter(rank: 3, seed: 9)
    let (base, aligned) = try Self.models(alignment)
    let method = SafeLoRA(.threshold(1), projection: .projector)
    let first = try method.edit(tuned, base: base, aligned: aligned, threads: 1)
    for score in first.scores {
      #expect((1..<10).contains(try #require(score.dimension)))
      // Of a projector P, cos(PX, X) is |PX| / |X|.
      expectClose(
        [Float(try #require(score.cosine))], [try #require(score.ratio)], .matrix, score.module)
      #expect((score.ratio ?? 2) < 1)
    }
    let second = try method.edit(first.adapter, base: base, aligned: aligned, threads: 1)
    for (once, twice) in zip(first.adapter.modules, second.adapter.modules) {
      expectClose(twice.up, once.up, .matrix, once.path)
    }
  }

  @Test("a number edits exactly that many, the least aligned, and leaves the others' bits")
  func number() throws {
    let modules = DecoderDescription(try Checkpoint(path: Self.base).configuration)
      .linearModules.map(\.path)
    let (base, aligned) = try Self.models(try Self.adapter(rank: 6, modules: modules, seed: 3))
    let tuned = try Self.adapter(rank: 2, modules: modules, seed: 50)
    for count in [0, 1, 5, modules.count] {
      let outcome = try SafeLoRA(.number(count))
        .edit(tuned, base: base, aligned: aligned, threads: 2)
      let (edited, others) = (
        outcome.scores.filter(\.isEdited), outcome.scores.filter { !$0.isEdited }
      )
      #expect(edited.count == count)
      #expect((edited.compactMap(\.cosine).max() ?? -1) <= (others.compactMap(\.cosine).min() ?? 1))
      for (before, after) in zip(tuned.modules, outcome.adapter.modules) {
        let isEdited = edited.contains { $0.module == before.path }
        #expect((after.up == before.up) == !isEdited)
        #expect(after.down == before.down)
      }
      // Scores are those of the untouched adapter, however many are edited.
      let none = try SafeLoRA(.number(0)).edit(tuned, base: base, aligned: aligned, threads: 1)
      #expect(none.scores.map(\.cosine) == outcome.scores.map(\.cosine))
    }
    let error = #expect(throws: AfterTuningError.self) {
      _ = try SafeLoRA(.number(modules.count + 1))
        .edit(tuned, base: base, aligned: aligned, threads: 1)
    }
    #expect(error?.description.contains("ask for fewer") == true)
  }

  @Test(
    "edited updates keep their norms where that is asked for",
    arguments: AlignmentProjection.allCases)
  func norms(projection: AlignmentProjection) throws {
    let (base, aligned) = try Self.models(try Self.adapter(rank: 6, seed: 3))
    let tuned = try Self.adapter(rank: 3, seed: 9)
    let plain = try SafeLoRA(.threshold(1), projection: projection)
      .edit(tuned, base: base, aligned: aligned, threads: 1)
    let kept = try SafeLoRA(.threshold(1), projection: projection, keepsNorm: true)
      .edit(tuned, base: base, aligned: aligned, threads: 1)
    for (index, module) in tuned.modules.enumerated() {
      let norm = tuned.updateNorm(of: module)
      let after = kept.adapter.updateNorm(of: kept.adapter.modules[index])
      let shrunk = plain.adapter.updateNorm(of: plain.adapter.modules[index])
      expectClose([Float(after)], [norm], .matrix, "kept")
      expectClose(
        [Float(shrunk)], [norm * (try #require(plain.scores[index].ratio))], .matrix, "ratio")
    }
  }

  @Test("nothing is edited where there is no update or alignment changed nothing")
  func nothingToCompare() throws {
    let alignment = try Self.adapter(rank: 4, modules: [Self.paths[0]], seed: 3)
    let (base, aligned) = try Self.models(alignment)
    let tuned = try Self.adapter(rank: 2, seed: 8)
    let path = base.checkpoint.path
    let outcome = try SafeLoRA(.threshold(1)).edit(tuned, base: base, aligned: aligned, threads: 1)
    #expect(outcome.scores[1].cosine == nil && !outcome.scores[1].isEdited)
    #expect(outcome.adapter.modules[1] == tuned.modules[1])
    let zero = tuned.replacingUp { $0.up.map { _ in 0 } }
    let untouched = try SafeLoRA(.threshold(1)).edit(zero, base: base, aligned: aligned, threads: 1)
    #expect(untouched.adapter == zero)
    #expect(untouched.scores.allSatisfy { !$0.isEdited && $0.updateNorm == 0 })
    #expect(throws: AfterTuningError.noAlignment(base: path, aligned: path)) {
      try SafeLoRA().edit(tuned, base: base, aligned: base, threads: 1)
    }
  }

  @Test("modules go by their names, and results do not depend on threads")
  func namesAndThreads() throws {
    let (base, aligned) = try Self.models(try Self.adapter(rank: 6, seed: 3))
    let tuned = try Self.adapter(rank: 3, seed: 9)
    let reversed = LowRankAdapter(tuned.configuration, modules: tuned.modules.reversed())
    #expect(reversed == tuned)
    let first = try SafeLoRA(.number(1)).edit(tuned, base: base, aligned: aligned, threads: 1)
    let second = try SafeLoRA(.number(1)).edit(reversed, base: base, aligned: aligned, threads: 4)
    #expect(first.adapter == second.adapter)
    #expect(first.scores == second.scores)
  }

  @Test("merged and unmerged edited adapters agree")
  func merged() throws {
    let folder = try TestFolder()
    let (base, aligned) = try Self.models(try Self.adapter(rank: 6, seed: 3))
    let edited = try SafeLoRA(.threshold(1))
      .edit(Self.adapter(rank: 3, seed: 9), base: base, aligned: aligned, threads: 1).adapter
    let applied = try AdaptedModel(base.checkpoint, adapters: [AppliedAdapter(edited)])
    _ = try ModelExport(applied).write(to: folder.path("merged"))
    let tokens: [Int32] = [1, 5, 9, 30]
    #expect(
      try logits(of: Decoder(Checkpoint(path: folder.path("merged")), threads: 1), tokens)
        == logits(of: Decoder(applied, threads: 1), tokens))
  }

  @Test("rounding in what alignment changed is noted")
  func rounding() throws {
    let folder = try TestFolder()
    let tuned = try Self.adapter(rank: 2, seed: 1)
    let base = try AdaptedModel(Checkpoint(path: Self.base))
    _ = try ModelExport(base, elementType: .bf16).write(to: folder.path("narrow"))
    let narrow = try AdaptedModel(Checkpoint(path: folder.path("narrow")))
    let noted = try SafeLoRA().edit(tuned, base: base, aligned: narrow, threads: 1)
    #expect(noted.notes.first?.contains("2 modules") == true)
    let (plain, aligned) = try Self.models(try Self.adapter(rank: 6, seed: 3))
    #expect(try SafeLoRA().edit(tuned, base: plain, aligned: aligned, threads: 1).notes.isEmpty)
  }

  @Test("an adapter of another model is refused")
  func otherModel() throws {
    let qwen = try AdaptedModel(Checkpoint(path: Goldens.path("models/qwen3")))
    #expect(throws: ModelFileError.self) {
      _ = try SafeLoRA().edit(Self.adapter(rank: 2, seed: 1), base: qwen, aligned: qwen, threads: 1)
    }
  }
}
