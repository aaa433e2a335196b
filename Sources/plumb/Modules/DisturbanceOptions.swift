import ArgumentParser
import ModelFiles
import Probes

/// How modules are disturbed and judged.
struct DisturbanceOptions: ParsableArguments {
  @Option(
    name: .customLong("disturbance"),
    help: """
      What is done to a module: noise, shrink, drop, quant (rounding), or delta (towards another model).
      """)
  private var kindName = ModuleDisturbance.Kind.noise.rawValue
  @Option(
    help: """
      Its strength: noise in units of the matrix's root mean square, the share that is shrunk or dropped, bits \
      for quant, the share of the way for delta (default: calibrated; 1 for delta).
      """)
  var rho: Double?
  @Option(help: "Draws of a disturbance that is drawn.")
  var seeds = 3
  @Option(help: "The most prompts to judge by, half of either label.")
  var limit = 200

  func validate() throws {
    guard (1...100).contains(seeds) else {
      throw ValidationError("--seeds must be between 1 and 100.")
    }
    try demandEnoughPrompts(limit, option: "limit", classes: 2)
  }

  /// What is done to a module.
  var kind: ModuleDisturbance.Kind {
    get throws {
      let kind = try choice(kindName, of: ModuleDisturbance.Kind.self, option: "disturbance")
      guard let rho else { return kind }
      guard kind.strengths.contains(rho), kind != .quant || rho == rho.rounded() else {
        throw CommandError.option(
          name: "rho", value: "\(rho)",
          expected: """
            \(kind == .quant ? "a whole number" : "a number") between \(amount(kind.strengths.lowerBound)) and \
            \(amount(kind.strengths.upperBound)) for \(kind.rawValue)
            """)
      }
      return kind
    }
  }

  /// The same for an analysis.
  func options(units: ModuleUnits, window: Int? = nil) throws -> ModuleOptions {
    ModuleOptions(
      kind: try kind, strength: rho, repeats: seeds, units: units, window: window,
      testPerClass: limit / 2)
  }

  private func amount(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}

/// Which modules are disturbed together, as typed.
enum UnitsFlag: String, EnumerableFlag {
  case single, windows

  static func help(for value: UnitsFlag) -> ArgumentHelp? {
    switch value {
    case .single: "Disturb one module at a time."
    case .windows: "Disturb modules of one kind in consecutive blocks together."
    }
  }

  /// The same for an analysis.
  var units: ModuleUnits { self == .single ? .single : .windows }
}
