import ModelFiles

/// A program that starts many processes and tells each in variables which of them it is.
struct Launcher: Sendable {
  /// What people call it.
  let name: String
  /// The variable with the process's number.
  let index: String
  /// The variable with the number of processes.
  var count: String?
  /// The variables with the process's number on its machine, and how many there are.
  var localIndex: String?
  var localCount: String?
  /// The variables with the first and last number and the distance between two.
  var first: String?
  var last: String?
  var step: String?
  /// What numbers start from where no variable says so.
  var origin = 0
  /// The number that means no number.
  var none: String?
  /// A variable without which the others are not about processes.
  var condition: String?
  /// Whether other launchers start their processes through it, so that its variables are about theirs.
  var startsLaunchers = false

  /// Launchers of processes, the innermost first.
  static let processes = [
    Launcher(
      name: "Open MPI", index: "OMPI_COMM_WORLD_RANK", count: "OMPI_COMM_WORLD_SIZE",
      localIndex: "OMPI_COMM_WORLD_LOCAL_RANK", localCount: "OMPI_COMM_WORLD_LOCAL_SIZE"),
    Launcher(
      name: "MPI", index: "PMI_RANK", count: "PMI_SIZE", localIndex: "MPI_LOCALRANKID",
      localCount: "MPI_LOCALNRANKS"),
    Launcher(name: "PMIx", index: "PMIX_RANK"),
    // Without a step, these variables are about the one process of a batch script.
    Launcher(
      name: "srun", index: "SLURM_PROCID", count: "SLURM_STEP_NUM_TASKS",
      localIndex: "SLURM_LOCALID", localCount: "SLURM_STEP_TASKS_PER_NODE",
      condition: "SLURM_STEP_ID", startsLaunchers: true),
    Launcher(
      name: "torchrun", index: "RANK", count: "WORLD_SIZE", localIndex: "LOCAL_RANK",
      localCount: "LOCAL_WORLD_SIZE"),
    Launcher(name: "Kubernetes", index: "JOB_COMPLETION_INDEX"),
    Launcher(
      name: "AWS Batch", index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE"),
    Launcher(name: "Google Batch", index: "BATCH_TASK_INDEX", count: "BATCH_TASK_COUNT"),
    Launcher(name: "Cloud Run", index: "CLOUD_RUN_TASK_INDEX", count: "CLOUD_RUN_TASK_COUNT"),
    Launcher(
      name: "GNU parallel", index: "PARALLEL_SEQ", localIndex: "PARALLEL_JOBSLOT", origin: 1),
  ]

  /// Arrays of jobs, each of which may start processes of its own.
  static let arrays = [
    Launcher(
      name: "Slurm's array", index: "SLURM_ARRAY_TASK_ID", count: "SLURM_ARRAY_TASK_COUNT",
      first: "SLURM_ARRAY_TASK_MIN", last: "SLURM_ARRAY_TASK_MAX", step: "SLURM_ARRAY_TASK_STEP"),
    Launcher(name: "PBS", index: "PBS_ARRAY_INDEX"),
    Launcher(
      name: "LSF", index: "LSB_JOBINDEX", last: "LSB_JOBINDEX_END", step: "LSB_JOBINDEX_STEP",
      origin: 1, none: "0"),
    Launcher(
      name: "Grid Engine", index: "SGE_TASK_ID", first: "SGE_TASK_FIRST", last: "SGE_TASK_LAST",
      step: "SGE_TASK_STEPSIZE", origin: 1, none: "undefined"),
  ]
}

/// What one launcher says about this process.
struct LauncherSighting: Sendable {
  let launcher: Launcher
  /// The process's number, counted from 0.
  let index: Int
  /// The number of processes, if it can be told.
  var count: Int?
  let localIndex: Int?
  let localCount: Int?
  /// The launcher and its variables, for messages.
  let seen: String
}

extension Launcher {
  /// Reads what the launcher says; nil where it did not start this process.
  ///
  /// - Parameters:
  ///   - environment: the process's variables.
  ///   - countIsGiven: whether an array's numbers are to be taken as they are, since not all of them may be
  ///     running.
  /// - Returns: the sighting.
  /// - Throws: an error for a variable that is no number.
  func sighting(
    in environment: [String: String], countIsGiven: Bool
  ) throws(LauncherError) -> LauncherSighting? {
    guard environment[index] != none, let number = try environment.number(index) else { return nil }
    if let condition, environment[condition] == nil { return nil }
    guard number >= origin else { throw .number(variable: index, value: "\(number)") }
    let variables = [index, count, first, last, step].compactMap { $0 }
    let seen = variables.compactMap { name in
      environment[name].map { "\(name)=\(ByteString($0))" }
    }
    let evenPlace = try countIsGiven ? nil : evenPlace(of: number, in: environment)
    let plainCount = last == nil ? try environment.number(count) : nil
    return LauncherSighting(
      launcher: self, index: evenPlace?.index ?? number - origin,
      count: evenPlace?.count ?? plainCount, localIndex: try localIndex(in: environment),
      localCount: try environment.largestNumber(localCount),
      seen: "\(name) (\(seen.joined(separator: ", ")))")
  }

  /// The place of an array's number among all of them; nil where there are gaps between them.
  private func evenPlace(
    of number: Int, in environment: [String: String]
  ) throws(LauncherError) -> (index: Int, count: Int)? {
    let first = try environment.number(first) ?? origin
    let step = try environment.number(step) ?? 1
    guard let last = try environment.number(last), step > 0, first <= number, number <= last,
      (number - first) % step == 0
    else { return nil }
    let place = (index: (number - first) / step, count: (last - first) / step + 1)
    guard try environment.number(count) ?? place.count == place.count else { return nil }
    return place
  }

  /// The process's number on its machine, counted as its number is.
  private func localIndex(in environment: [String: String]) throws(LauncherError) -> Int? {
    try environment.number(localIndex).map { max(0, $0 - origin) }
  }
}

extension [String: String] {
  /// A variable's number; nil where there is no such variable.
  func number(_ name: String?) throws(LauncherError) -> Int? {
    guard let name, let text = self[name] else { return nil }
    guard let number = Int(digits: text) else { throw .number(variable: name, value: text) }
    return number
  }

  /// The largest number of a list such as `2(x3),1`; nil where there is no such variable.
  fileprivate func largestNumber(_ name: String?) throws(LauncherError) -> Int? {
    guard let name, let text = self[name] else { return nil }
    let numbers = text.split(separator: ",").map { Int(digits: $0.prefix { $0 != "(" }) ?? 0 }
    guard let largest = numbers.max(), largest > 0 else {
      throw .number(variable: name, value: text)
    }
    return largest
  }
}

extension Int {
  /// Reads decimal digits and nothing else, of a number small enough to be multiplied by another.
  package init?(digits: some StringProtocol) {
    guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int32(digits) else {
      return nil
    }
    self.init(number)
  }
}
