/// The shard that a launcher means a process to do.
package struct LauncherWorker: Sendable, Equatable {
  /// Who says so, and in which variables.
  package let launcher: String
  /// The shard.
  package let shard: Shard
  /// The process's number among those on its machine, if it can be told.
  package let localIndex: Int?
  /// The number of processes on its machine, if it can be told.
  package let localCount: Int?

  /// Finds the launcher that started a process; nil where nothing speaks of one.
  ///
  /// - Parameters:
  ///   - environment: the process's variables.
  ///   - given: the number of shards where the caller knows it.
  /// - Throws: `LauncherError` where the variables do not make sense together, since a guess would leave
  ///   shards undone or do them twice.
  package init?(_ environment: [String: String], count given: Int? = nil) throws(LauncherError) {
    func sighting(of launchers: [Launcher]) throws(LauncherError) -> LauncherSighting? {
      var first: LauncherSighting?
      for launcher in launchers {
        let found = try launcher.sighting(in: environment, countIsGiven: given != nil)
        guard let found else { continue }
        first = try first?.agreeing(with: found) ?? found
      }
      return first
    }
    let process = try sighting(of: Launcher.processes)
    let array = try sighting(of: Launcher.arrays)
    guard let worker = try array?.divided(among: process) ?? process else {
      // A batch script that runs without srun is one process, however many its job has room for.
      if let tasks = try environment.number("SLURM_NTASKS"), tasks > 1 {
        throw .notAStep(taskCount: tasks)
      }
      if let given { throw .noLauncher(count: given) }
      return nil
    }
    guard let count = given ?? worker.count else {
      throw .countUnknown(worker.seen, origin: worker.launcher.origin)
    }
    if array == nil, let known = worker.count, known != count {
      throw .countDiffers(worker.seen, known: known, given: count)
    }
    guard worker.index < count, count <= Shard.maximumCount else {
      throw .outOfRange(worker.seen, index: worker.index, count: count)
    }
    self.launcher = worker.seen
    self.shard = Shard(worker.index, of: count)
    self.localIndex = worker.localIndex
    self.localCount = worker.localCount
  }
}

extension LauncherSighting {
  /// Adds what another launcher says, which has to be the same.
  fileprivate func agreeing(
    with other: LauncherSighting
  ) throws(LauncherError) -> LauncherSighting {
    let isSame = other.index == index && (count ?? other.count) == (other.count ?? count)
    if !isSame, other.launcher.startsLaunchers { return self }
    guard isSame else { throw .disagree(seen, other.seen) }
    var agreeing = self
    agreeing.count = count ?? other.count
    return agreeing
  }

  /// The place of a process among those of all jobs of an array, each of which starts as many.
  fileprivate func divided(
    among process: LauncherSighting?
  ) throws(LauncherError) -> LauncherSighting {
    guard let process else { return self }
    guard let each = process.count else { throw .disagree(seen, process.seen) }
    return LauncherSighting(
      launcher: launcher, index: index * each + process.index, count: count.map { $0 * each },
      localIndex: process.localIndex, localCount: process.localCount,
      seen: "\(seen) and \(process.seen)")
  }
}
