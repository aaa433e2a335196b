import Activations
import Foundation

/// How many processors a process may use.
enum Processors {
  /// Those the process may run on, or fewer where a control group limits its time on them.
  static var available: Int {
    min(processorCount(of: getpid()), ControlGroup.processorLimit ?? .max)
  }

  /// The share of a worker beside which a launcher started others on the same machine.
  static func share(of worker: LauncherWorker) -> Int {
    func slurm(_ name: String) -> Int? {
      ProcessInfo.processInfo.environment[name].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
    if let each = slurm("SLURM_CPUS_PER_TASK") { return min(available, each) }
    let granted = min(slurm("SLURM_CPUS_ON_NODE") ?? .max, ControlGroup.processorLimit ?? .max)
    guard let index = worker.localIndex else { return min(available, granted) }
    // Without their number, as many workers as processors are likely.
    guard let count = worker.localCount else { return 1 }
    // A launcher that binds each worker to processors of its own may use more of them itself.
    let shared = min(processorCount(of: getppid()), granted)
    let share = shared / count + (index < shared % count ? 1 : 0)
    return max(1, min(available, share))
  }

  /// The processors that a process may run on; all there are where the system does not tell.
  private static func processorCount(of process: pid_t) -> Int {
    let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let mask = status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
    let allowed = mask?.dropFirst("Cpus_allowed:".count).reduce(0) {
      $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount
    }
    return allowed ?? ProcessInfo.processInfo.activeProcessorCount
  }
}

/// What the control groups of this process allow it.
private enum ControlGroup {
  private static let root = "/sys/fs/cgroup"

  /// Processors' worth of time, rounded up; nil without a limit.
  static var processorLimit: Int? {
    let membership = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    let limits = membership.split(separator: "\n").flatMap { line -> [Double] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let path = String(fields[2])
      // The second version has one group for everything, with its quota and period in one file.
      if fields[1].isEmpty {
        return groups(path).compactMap { quota(numbers(in: root + $0 + "/cpu.max")) }
      }
      guard fields[1].split(separator: ",").contains("cpu") else { return [] }
      return groups(path).compactMap { group in
        quota(
          ["quota", "period"].flatMap { numbers(in: "\(root)/cpu\(group)/cpu.cfs_\($0)_us") })
      }
    }
    return limits.min().map { max(1, Int($0.rounded(.up))) }
  }

  /// A group and all that contain it; in a container the last is its own.
  private static func groups(_ path: String) -> [String] {
    let names = path.split(separator: "/")
    return names.indices.reversed().map { "/" + names[...$0].joined(separator: "/") } + [""]
  }

  /// The numbers of a file; a word that is none makes the quota none.
  private static func numbers(in file: String) -> [Double] {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    return text.split(whereSeparator: \.isWhitespace).map { Double($0) ?? -1 }
  }

  /// The processors of a quota of microseconds in each period.
  private static func quota(_ numbers: [Double]) -> Double? {
    numbers.count == 2 && numbers[0] > 0 && numbers[1] > 0 ? numbers[0] / numbers[1] : nil
  }
}
