import ArgumentParser

@main
struct Plumb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb", abstract: "Measure how safe a chat model is on the inside.")
}
