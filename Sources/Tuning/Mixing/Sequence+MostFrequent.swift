extension Sequence<String> {
  /// The text that occurs most often, of equals the first by its bytes; nil where there is none.
  var mostFrequent: (text: String, count: Int)? {
    Dictionary(map { ($0, 1) }, uniquingKeysWith: +)
      .max { ($0.value, $1.key) < ($1.value, $0.key) }
      .map { ($0.key, $0.value) }
  }
}
