import Foundation
import ModelFiles

/// Refuses an output that would take the place of what it is made from.
///
/// - Parameters:
///   - inputs: the files that are read.
///   - outputs: every name that writing takes, that of the output itself first.
/// - Throws: `CommandError.conflict` that names the input.
func refuse(replacing inputs: [String], by outputs: [String]) throws {
  func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
  let targets = Set(outputs.map(resolved))
  for input in inputs where targets.contains(resolved(input)) {
    throw CommandError.conflict(
      "--output \(ByteString(outputs[0])) would replace \(ByteString(input)), which is one of the inputs; "
        + "choose another name.")
  }
}
