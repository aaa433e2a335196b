import Foundation
import ModelFiles

/// Refuses an output that would take the place of what it is made from.
///
/// - Parameters:
///   - inputs: the files that are read.
///   - outputs: every name that writing takes, that of the output itself first.
/// - Throws: `CommandError.conflict` that names the input.
func refuse(replacing inputs: [String], by outputs: [String]) throws {
  let targets = Set(outputs.map(resolved))
  for input in inputs where targets.contains(resolved(input)) {
    throw CommandError.conflict(
      "--output \(ByteString(outputs[0])) would replace \(ByteString(input)), which is one of the inputs; "
        + "choose another name.")
  }
}

/// Refuses a folder in which an input lies, which overwriting would remove.
///
/// - Parameters:
///   - inputs: the files that are read.
///   - output: the folder.
///   - own: the name of a file that may lie there.
/// - Throws: `CommandError.conflict` that names the input.
func refuse(_ inputs: [String], inside output: String, but own: String? = nil) throws {
  let folder = resolved(output) + "/"
  for input in inputs where resolved(input).hasPrefix(folder) {
    if let own, resolved(input).hasSuffix("/\(own)") { continue }
    throw CommandError.conflict(
      "--output \(ByteString(output)) holds \(ByteString(input)), which is one of the inputs; choose "
        + "another folder.")
  }
}

private func resolved(_ path: String) -> String {
  URL(fileURLWithPath: path).resolvingSymlinksInPath().path
}
