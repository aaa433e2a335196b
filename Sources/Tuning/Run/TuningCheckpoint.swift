import Foundation
import Inference
import ModelFiles

/// A run's whole state in one file: values, moments, strategy, and where data and draws stand.
///
/// Draws are made from the seed and the step, so that their state is the step.
struct TuningCheckpoint {
  static let format = "plumbline-tuning-checkpoint"
  static let schema = "1"

  var state: TuningState
  var strategy: StrategyState
  /// Values by tensor name.
  var values: [String: [Float]]
  /// Moments by tensor name: how often the tensor was moved, and matrices.
  var memory: [String: (updates: Int, matrices: [[Float]])]

  /// What is not a tensor, as text in the file's header.
  private struct Head: Codable {
    var state: TuningState
    var strategy: [String: Int]
    var updates: [String: Int]
  }

  /// Writes the state of a run, tensor by tensor; the file has its name only when all of it is on disk.
  ///
  /// - Parameters:
  ///   - path: where.
  ///   - identity: the digest of what the run is made of.
  ///   - state: everything but tensors.
  ///   - strategy: what the strategy remembers.
  ///   - tensors: whose values are written.
  ///   - optimizer: whose memory is written; nil for none.
  /// - Throws: `ModelFileError` where the file cannot be written.
  static func write(
    to path: String, identity: String, state: TuningState, strategy: StrategyState,
    tensors: [TrainableTensor], optimizer: (any TensorOptimizer)?
  ) throws {
    var entries: [SafetensorsLayout.Entry] = []
    var sources: [ByteString: () -> [Float]] = [:]
    func add(_ name: String, _ shape: [Int], _ values: @escaping () -> [Float]) {
      let key = ByteString(name)
      entries.append(SafetensorsLayout.Entry(name: key, shape: shape, elementType: .f32))
      sources[key] = values
    }
    var updates: [String: Int] = [:]
    for (index, tensor) in tensors.enumerated() {
      add("values/\(tensor.name)", tensor.shape) { tensor.values.array() }
      guard let optimizer, let memory = optimizer.memory(of: index) else { continue }
      updates[tensor.name] = memory.updates
      for number in memory.matrices.indices {
        // Copied again when it is written, so that no two tensors' copies are in memory at a time.
        add("moment\(number + 1)/\(tensor.name)", tensor.shape) {
          optimizer.memory(of: index)?.matrices[number] ?? []
        }
      }
    }
    for (name, values) in strategy.arrays {
      add("strategy/\(name)", [values.count]) { values }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let head = try encoder.encode(
      Head(state: state, strategy: strategy.numbers, updates: updates))
    let layout = SafetensorsLayout(
      entries,
      metadata: [
        "format": format, "schema": schema, "identity": identity,
        "state": String(decoding: head, as: UTF8.self),
      ])
    try unsafe layout.write(to: path, overwriting: true) {
      (entry, write) throws(ModelFileError) in
      try unsafe (sources[entry.name]?() ?? []).withUnsafeBufferPointer {
        (floats) throws(ModelFileError) in try unsafe write(floats)
      }
    }
  }

  /// Reads a file of the same run.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - identity: the digest of what the run is made of.
  ///   - tensors: what the values must fit.
  /// - Throws: `TuningError.checkpoint` where it does not hold what it should.
  init(path: String, identity: String, tensors: [TrainableTensor]) throws {
    func damaged(_ problem: String) -> TuningError { .checkpoint(path: path, problem: problem) }
    let file = try SafetensorsFile(path: path)
    guard file.metadata["format"]?.string == Self.format,
      file.metadata["schema"]?.string == Self.schema, let head = file.metadata["state"]
    else { throw damaged("it is no checkpoint of this version") }
    guard file.metadata["identity"]?.string == identity else {
      throw damaged("it belongs to another run")
    }
    guard let read = try? JSONDecoder().decode(Head.self, from: Data(head.bytes)) else {
      throw damaged("its state cannot be read")
    }
    state = read.state
    strategy = StrategyState(numbers: read.strategy)
    values = [:]
    var moments: [String: [Int: [Float]]] = [:]
    for tensor in file.tensors {
      let parts = tensor.name.string.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw damaged("it holds \(tensor.name)") }
      let floats = try file.floats(of: tensor)
      switch parts[0] {
      case "values": values[parts[1]] = floats
      case "moment1": moments[parts[1], default: [:]][0] = floats
      case "moment2": moments[parts[1], default: [:]][1] = floats
      case "strategy": strategy.arrays[parts[1]] = floats
      default: throw damaged("it holds \(tensor.name)")
      }
    }
    memory = [:]
    for tensor in tensors {
      guard values[tensor.name]?.count == tensor.count else {
        throw damaged("it lacks the values of \(tensor.name)")
      }
      guard let updates = read.updates[tensor.name] else { continue }
      guard let first = moments[tensor.name]?[0], let second = moments[tensor.name]?[1],
        first.count == tensor.count, second.count == tensor.count, updates >= 0
      else { throw damaged("it lacks the moments of \(tensor.name)") }
      memory[tensor.name] = (updates, [first, second])
    }
  }

  /// Gives tensors and optimiser what was saved.
  func apply(to tensors: [TrainableTensor], _ optimizer: any TensorOptimizer) {
    for (index, tensor) in tensors.enumerated() {
      if let values = values[tensor.name] { tensor.values.assign(values) }
      guard let memory = memory[tensor.name] else { continue }
      optimizer.remember(
        tensor, index: index, updates: memory.updates, matrices: memory.matrices)
    }
  }
}
