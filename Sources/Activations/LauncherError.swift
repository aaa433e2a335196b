package import ModelFiles

/// Why a launcher's variables do not tell which shard a process is to do.
package enum LauncherError: Failure, Equatable {
  /// A variable that is no number, or one that no process can have.
  case number(variable: String, value: String)
  /// Nothing says how many processes there are.
  case countUnknown(_ seen: String, origin: Int)
  /// The process's number is beyond the number of shards.
  case outOfRange(_ seen: String, index: Int, count: Int)
  /// Two launchers say different things.
  case disagree(_ first: String, _ second: String)
  /// The launcher started another number of processes than there are to be shards.
  case countDiffers(_ seen: String, known: Int, given: Int)
  /// There are to be several shards, and no launcher says which this is.
  case noLauncher(count: Int)
  /// A Slurm job has room for several processes and did not start them.
  case notAStep(taskCount: Int)

  package var kind: FailureKind { .usage }

  package var description: String {
    switch self {
    case .number(let variable, let value):
      "\(variable) is \"\(ByteString(value))\", which is no process's number; name this process's shard "
        + "with --shard i/n."
    case .countUnknown(let seen, let origin):
      "\(seen) does not tell of how many shards this is one; give their number N as --shard auto/N and "
        + "number the processes from \(origin)."
    case .outOfRange(let seen, let index, let count):
      "\(seen) asks for shard \(index) of \(count), but shards are counted from 0, and there are at most "
        + "\(Shard.maximumCount)."
    case .disagree(let first, let second):
      "Which shard this is cannot be told from \(first) and \(second); name it with --shard i/n."
    case .countDiffers(let seen, let known, let given):
      "\(seen) is one of \(known) processes, which cannot do \(given) shards; start \(given) or give "
        + "--shard auto."
    case .noLauncher(let count):
      "No launcher says which of \(count) shards this is; name it with --shard i/\(count)."
    case .notAStep(let taskCount):
      "Slurm has room for \(taskCount) processes (SLURM_NTASKS=\(taskCount)), but srun did not start this "
        + "one (there is no SLURM_STEP_ID); start it with srun, or leave --shard out to do the whole."
    }
  }
}
