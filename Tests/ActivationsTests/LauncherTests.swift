import Activations
import ModelFiles
import Testing

/// Variables of a process, and what they make of `--shard auto` or `auto/n`.
struct LauncherCase: Sendable, CustomTestStringConvertible {
  let id: String
  let environment: [String: String]
  let count: Int?
  /// Shard, place on the machine, and number of processes there; or what the sentence has to say.
  let expected: Outcome

  enum Outcome: Sendable {
    case shard(Int, of: Int, local: Int? = nil, beside: Int? = nil)
    case none
    case refused([String])
  }

  var testDescription: String { id }

  /// A row; variables as a shell writes them.
  init(_ id: String, _ variables: String, count: Int? = nil, _ expected: Outcome) {
    self.id = id
    self.environment = Dictionary(
      uniqueKeysWithValues: variables.split(separator: " ").map {
        let parts = $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), String(parts[1]))
      })
    self.count = count
    self.expected = expected
  }
}

@Suite("Launchers")
struct LauncherTests {
  private static func check(_ row: LauncherCase) throws {
    switch row.expected {
    case .shard(let index, let count, let local, let beside):
      let worker = try #require(try LauncherWorker(row.environment, count: row.count))
      #expect(worker.shard == Shard(index, of: count))
      #expect(worker.localIndex == local)
      #expect(worker.localCount == beside)
    case .none:
      #expect(try LauncherWorker(row.environment, count: row.count) == nil)
    case .refused(let words):
      let error = #expect(throws: LauncherError.self) {
        _ = try LauncherWorker(row.environment, count: row.count)
      }
      let refusal = try #require(error)
      #expect(refusal.kind == .usage)
      for word in words { #expect(refusal.description.contains(word), "\(refusal.description)") }
      #expect(refusal.description.hasSuffix("."))
    }
  }

  @Test("each launcher tells which process of how many this is", arguments: rows)
  func launchers(_ row: LauncherCase) throws { try Self.check(row) }

  @Test("what does not make sense together is refused, never guessed", arguments: traps)
  func refusals(_ row: LauncherCase) throws { try Self.check(row) }

  private static let openMPI =
    "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_RANK=1 "
    + "OMPI_COMM_WORLD_LOCAL_SIZE=2 PMIX_RANK=1"
  private static let step =
    "SLURM_STEP_ID=0 SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8 SLURM_LOCALID=1 "
    + "SLURM_STEP_TASKS_PER_NODE=4(x2) SLURM_NTASKS=8"
  private static let array =
    "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=0 "
    + "SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_STEP=1"
  private static let gaps =
    "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 "
    + "SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_STEP=1"
  private static let batch = "SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_JOB_ID=7"

  static let rows: [LauncherCase] = [
    LauncherCase("no launcher", "HOME=/root PATH=/bin", .none),
    LauncherCase("Open MPI", openMPI, .shard(1, of: 4, local: 1, beside: 2)),
    LauncherCase(
      "Open MPI and the count", openMPI, count: 4, .shard(1, of: 4, local: 1, beside: 2)),
    LauncherCase(
      "MPICH", "PMI_RANK=2 PMI_SIZE=3 MPI_LOCALRANKID=0 MPI_LOCALNRANKS=1",
      .shard(2, of: 3, local: 0, beside: 1)),
    LauncherCase("PMIx and the count", "PMIX_RANK=2", count: 3, .shard(2, of: 3)),
    LauncherCase(
      "PMIx in a step", "PMIX_RANK=2 SLURM_STEP_ID=1 SLURM_PROCID=2 SLURM_STEP_NUM_TASKS=3",
      .shard(2, of: 3)),
    LauncherCase("srun", step, .shard(5, of: 8, local: 1, beside: 4)),
    LauncherCase(
      "srun with PMI", step + " PMI_RANK=5 PMI_SIZE=8 MPI_LOCALRANKID=1 MPI_LOCALNRANKS=4",
      .shard(5, of: 8, local: 1, beside: 4)),
    LauncherCase(
      "mpirun in a batch script", openMPI + " SLURM_NTASKS=2 " + batch,
      .shard(1, of: 4, local: 1, beside: 2)),
    LauncherCase(
      "mpirun whose daemon srun started",
      openMPI + " SLURM_STEP_ID=0 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1",
      .shard(1, of: 4, local: 1, beside: 2)),
    LauncherCase(
      "torchrun", "RANK=3 WORLD_SIZE=4 LOCAL_RANK=1 LOCAL_WORLD_SIZE=2",
      .shard(3, of: 4, local: 1, beside: 2)),
    LauncherCase("Slurm's array", array + " " + batch, .shard(3, of: 8)),
    LauncherCase(
      "Slurm's array from 10 in steps of 5",
      "SLURM_ARRAY_TASK_ID=20 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=10 "
        + "SLURM_ARRAY_TASK_MAX=25 SLURM_ARRAY_TASK_STEP=5", .shard(2, of: 4)),
    LauncherCase("some of Slurm's array again", gaps, count: 12, .shard(5, of: 12)),
    LauncherCase(
      "one of Slurm's array again",
      "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=3 "
        + "SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_STEP=1", count: 8, .shard(3, of: 8)),
    LauncherCase(
      "Slurm's array with room for two tasks", array + " SLURM_NTASKS=2 " + batch,
      .shard(3, of: 8)),
    LauncherCase(
      "Slurm's array of steps",
      array + " SLURM_STEP_ID=0 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=1",
      .shard(7, of: 16, local: 1)),
    LauncherCase(
      "Slurm's array of steps and the count",
      array + " SLURM_STEP_ID=0 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=1",
      count: 20, .shard(7, of: 20, local: 1)),
    LauncherCase(
      "Slurm's array of single steps",
      array + " SLURM_STEP_ID=0 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1", .shard(3, of: 8)),
    LauncherCase(
      "Slurm's array of mpirun", array + " " + openMPI, .shard(13, of: 32, local: 1, beside: 2)),
    LauncherCase("Kubernetes and the count", "JOB_COMPLETION_INDEX=7", count: 8, .shard(7, of: 8)),
    LauncherCase(
      "AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=2", .shard(0, of: 2)),
    LauncherCase("Google Batch", "BATCH_TASK_INDEX=1 BATCH_TASK_COUNT=2", .shard(1, of: 2)),
    LauncherCase("Cloud Run", "CLOUD_RUN_TASK_INDEX=1 CLOUD_RUN_TASK_COUNT=3", .shard(1, of: 3)),
    LauncherCase("PBS and the count", "PBS_ARRAY_INDEX=0 PBS_JOBID=9", count: 2, .shard(0, of: 2)),
    LauncherCase("LSF", "LSB_JOBINDEX=3 LSB_JOBINDEX_END=4", .shard(2, of: 4)),
    LauncherCase("LSF without an array", "LSB_JOBINDEX=0 LSB_JOBINDEX_END=0", .none),
    LauncherCase(
      "Grid Engine", "SGE_TASK_ID=5 SGE_TASK_FIRST=1 SGE_TASK_LAST=9 SGE_TASK_STEPSIZE=2",
      .shard(2, of: 5)),
    LauncherCase(
      "one of Grid Engine's again",
      "SGE_TASK_ID=5 SGE_TASK_FIRST=5 SGE_TASK_LAST=5 SGE_TASK_STEPSIZE=1", count: 9,
      .shard(4, of: 9)),
    LauncherCase(
      "Grid Engine without an array",
      "SGE_TASK_ID=undefined SGE_TASK_FIRST=undefined SGE_TASK_LAST=undefined", .none),
    LauncherCase(
      "GNU parallel and the count", "PARALLEL_SEQ=1 PARALLEL_JOBSLOT=1", count: 6,
      .shard(0, of: 6, local: 0)),
    LauncherCase("a batch script of one task", batch + " SLURM_NTASKS=1", .none),
    LauncherCase(
      "an interactive step",
      "SLURM_STEP_ID=4294967290 SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_STEP_NUM_TASKS=1",
      .shard(0, of: 1)),
  ]

  static let traps: [LauncherCase] = [
    LauncherCase(
      "two tasks without srun", batch + " SLURM_NTASKS=2",
      .refused(["SLURM_NTASKS=2", "SLURM_STEP_ID", "srun"])),
    LauncherCase(
      "the count alone", "HOME=/root", count: 8, .refused(["which of 8 shards", "--shard i/8"])),
    LauncherCase(
      "array with gaps", gaps,
      .refused(["SLURM_ARRAY_TASK_ID=5", "SLURM_ARRAY_TASK_COUNT=3", "auto/N", "from 0"])),
    LauncherCase(
      "array without its ends", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=3",
      .refused(["SLURM_ARRAY_TASK_ID=5", "auto/N"])),
    LauncherCase(
      "step of nothing", array.replacing("STEP=1", with: "STEP=0"), .refused(["auto/N"])),
    LauncherCase(
      "array beyond the count", array, count: 3, .refused(["shard 3 of 3", "from 0"])),
    LauncherCase(
      "Kubernetes without the count", "JOB_COMPLETION_INDEX=7",
      .refused(["JOB_COMPLETION_INDEX=7", "auto/N", "from 0"])),
    LauncherCase(
      "Kubernetes beyond the count", "JOB_COMPLETION_INDEX=8", count: 8,
      .refused(["JOB_COMPLETION_INDEX=8", "shard 8 of 8"])),
    LauncherCase(
      "Kubernetes below zero", "JOB_COMPLETION_INDEX=-1", count: 8,
      .refused(["JOB_COMPLETION_INDEX", "\"-1\""])),
    LauncherCase("PMIx without the count", "PMIX_RANK=0", .refused(["PMIX_RANK=0", "auto/N"])),
    LauncherCase("PBS without the count", "PBS_ARRAY_INDEX=1", .refused(["auto/N"])),
    LauncherCase("parallel without the count", "PARALLEL_SEQ=1", .refused(["auto/N", "from 1"])),
    LauncherCase("parallel from zero", "PARALLEL_SEQ=0", count: 2, .refused(["PARALLEL_SEQ"])),
    LauncherCase(
      "a number in letters", "SLURM_PROCID=abc SLURM_STEP_ID=0", .refused(["SLURM_PROCID", "abc"])),
    LauncherCase("a number in letters outside a step", "SLURM_PROCID=abc", .refused(["abc"])),
    LauncherCase("a sign", "RANK=+1 WORLD_SIZE=2", .refused(["RANK", "+1"])),
    LauncherCase("nothing", "RANK= WORLD_SIZE=2", .refused(["RANK", "\"\""])),
    LauncherCase("too many digits", "RANK=99999999999999999999 WORLD_SIZE=2", .refused(["RANK"])),
    LauncherCase(
      "the largest numbers",
      "SLURM_ARRAY_TASK_ID=2147483647 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2147483647 "
        + "RANK=2147483646 WORLD_SIZE=2147483647", .refused(["at most 1000000"])),
    LauncherCase("more than there can be", "RANK=3 WORLD_SIZE=1000001", .refused(["1000000"])),
    LauncherCase("rank beyond the size", "PMI_RANK=4 PMI_SIZE=4", .refused(["PMI_RANK=4"])),
    LauncherCase("no processes", "PMI_RANK=0 PMI_SIZE=0", .refused(["PMI_SIZE=0"])),
    LauncherCase(
      "launchers that disagree", openMPI + " RANK=0 WORLD_SIZE=2",
      .refused(["OMPI_COMM_WORLD_RANK=1", "WORLD_SIZE=2", "--shard i/n"])),
    LauncherCase(
      "torchrun in a step of other tasks", step + " RANK=9 WORLD_SIZE=16",
      .refused(["SLURM_PROCID=5", "RANK=9"])),
    LauncherCase(
      "arrays that disagree", array + " SGE_TASK_ID=1 SGE_TASK_FIRST=1 SGE_TASK_LAST=8",
      .refused(["SLURM_ARRAY_TASK_ID=3", "SGE_TASK_ID=1"])),
    LauncherCase(
      "parallel in an array's job", array + " PARALLEL_SEQ=1", count: 16,
      .refused(["SLURM_ARRAY_TASK_ID=3", "PARALLEL_SEQ=1", "--shard i/n"])),
    LauncherCase(
      "fewer processes than shards", openMPI, count: 8,
      .refused(["one of 4 processes", "8 shards"])),
  ]
}
