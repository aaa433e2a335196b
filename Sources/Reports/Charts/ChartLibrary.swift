import Foundation
import ModelFiles

/// The JavaScript that draws charts: Vega, Vega-Lite and Vega-Embed in one file, made by set-up.
public struct ChartLibrary: Sendable {
  /// The name of the file.
  public static let fileName = "vega-bundle.js"
  /// The command that makes it.
  static let command = "make setup"

  /// The source, which cannot end the script element that it stands in.
  let source: String

  /// Reads the file that set-up made.
  public init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ModelFileError.cannotOpen(path: path, code: errno)
    }
    source = String(decoding: data, as: UTF8.self)
      .replacing("</script", with: "<\\/script").replacing("<!--", with: "<\\!--")
  }
}
