import Activations
import ArgumentParser
import Foundation
import ModelFiles

/// Which part of the whole a process does.
struct ShardOption: ParsableArguments {
  @Option(
    name: .customLong("shard"), parsing: .unconditional,
    help: ArgumentHelp(
      "Do part i of n, counted from 0, or what the launcher says: i/n, auto or auto/n.",
      valueName: "shard"))
  private var choice: String?

  /// What a process has to do.
  struct Work {
    /// The part; nil for the whole.
    var shard: Shard?
    /// What the launcher says of the process, if it was asked.
    var worker: LauncherWorker?
    /// The file to write.
    var output: String
  }

  /// Finds out what this process has to do, and says it where the launcher decides.
  ///
  /// - Parameters:
  ///   - output: the file of the whole.
  ///   - overwriting: whether files of another division may be left beside this one's.
  /// - Returns: the part and its file.
  /// - Throws: an error for a value that makes no sense, or an environment that does not tell the part.
  func work(output: String, overwriting: Bool) throws -> Work {
    guard let choice else { return Work(output: output) }
    let parts = choice.split(separator: "/", omittingEmptySubsequences: false)
    guard parts[0] == "auto", parts.count <= 2 else {
      let shard = try parsed(parts[0], parts.dropFirst().joined(separator: "/"))
      return Work(shard: shard, output: shard.path(of: output))
    }
    let count = parts.count == 1 ? nil : try parsed("0", String(parts[1])).count
    let worker = try LauncherWorker(ProcessInfo.processInfo.environment, count: count)
    if count == nil, !overwriting {
      try refuseOtherDivision(of: output, than: worker?.shard.count ?? 1)
    }
    guard let worker else {
      Console.message("plumb: No launcher started this process, so it does the whole.")
      return Work(output: output)
    }
    Console.message("plumb: Shard \(worker.shard), by \(worker.launcher).")
    return Work(
      shard: worker.shard, worker: worker, output: worker.shard.path(of: output))
  }

  private func parsed(_ index: some StringProtocol, _ count: String) throws -> Shard {
    guard let index = Int(digits: index), let count = Int(digits: count), index < count,
      count <= Shard.maximumCount
    else {
      throw CommandError.option(
        name: "shard", value: choice ?? "",
        expected: "i/n with i from 0 to n - 1 and n up to \(Shard.maximumCount), auto or auto/n")
    }
    return Shard(index, of: count)
  }

  /// Launchers that start some processes again say another number of them than at first.
  private func refuseOtherDivision(of output: String, than count: Int) throws {
    let whole = URL(fileURLWithPath: output)
    let folder = whole.deletingLastPathComponent().path
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    for name in names?.sorted() ?? [] {
      let found = Shard.count(ofFile: name, whole: whole.lastPathComponent)
      if let found, found != count {
        throw CommandError.divided(file: name, shards: found, processes: count)
      }
    }
  }
}
