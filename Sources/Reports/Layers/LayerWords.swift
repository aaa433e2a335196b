/// Layers in ascending order, such as `layer 3` or `layers 3-8, 12 and 20-29`.
func layerWords(_ layers: [Int]) -> String {
  var runs: [ClosedRange<Int>] = []
  for layer in layers {
    if let last = runs.last, last.upperBound + 1 == layer {
      runs[runs.count - 1] = last.lowerBound...layer
    } else {
      runs.append(layer...layer)
    }
  }
  let words = runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
  let listed =
    words.count < 2
    ? words.joined() : "\(words.dropLast().joined(separator: ", ")) and \(words[words.count - 1])"
  return "layer\(layers.count == 1 ? "" : "s") \(listed)"
}
