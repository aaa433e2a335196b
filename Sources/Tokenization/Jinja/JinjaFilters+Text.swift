/// Filters on text.
extension JinjaEvaluator {
  func text(
    _ filter: JinjaFilter.Text, _ text: TracedText, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    switch filter {
    case .upper: return .string(text.uppercased)
    case .lower: return .string(text.lowercased)
    case .capitalize: return .string(text.capitalized)
    case .title: return .string(text.titlecasedAtWordStarts)
    case .trim:
      let characters = try arguments.text("chars")
      try budget.spendSearching(text.count, for: characters?.count ?? 0)
      return .string(text.stripped(of: characters))
    case .replace:
      let old = try arguments.require("old").printed()
      let new = try arguments.require("new").printed()
      let limit = try arguments.integer("count") ?? -1
      return .string(try text.replacing(old, with: new, limit: limit, budget))
    case .escape, .e: return .string(text.escapedForHTML)
    case .forceescape: return .string(text.forciblyEscapedForHTML)
    case .format:
      let keywords = arguments.takeKeywords()
      let positional = arguments.takeRest()
      guard keywords.isEmpty || positional.isEmpty else {
        throw .evaluation("format takes plain or named values, not both")
      }
      if keywords.isEmpty {
        return .string(try percentFormatted(text, with: .tuple(try JinjaList(positional))))
      }
      var dictionary = JinjaDictionary()
      for (name, value) in keywords { try dictionary.set(.string(TracedText(name)), to: value) }
      return .string(try percentFormatted(text, with: .dictionary(dictionary)))
    case .center:
      let width = try arguments.integer("width") ?? 80
      try JinjaBudget.check(length: width)
      return .string(text.padded(to: width, .center, with: TracedScalar(" ")))
    case .wordcount: return .integer(text.wordCount)
    case .indent: return .string(try indent(text, &arguments))
    case .truncate: return .string(try truncate(text, &arguments))
    }
  }

  private func indent(
    _ text: TracedText, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> TracedText {
    let width = try arguments.take("width") ?? .integer(4)
    let indentation: TracedText
    if case .string(let given) = width {
      indentation = given
    } else {
      let count = max(width.asInteger ?? 4, 0)
      try JinjaBudget.check(length: count)
      indentation = TracedText(scalars: Array(repeating: TracedScalar(" "), count: count))
    }
    let indentsFirst = try arguments.flag("first")
    let indentsBlank = try arguments.flag("blank")
    var source = text
    source.append("\n")
    var result = TracedText()
    for (index, line) in source.lines().enumerated() {
      if index > 0 { result.append("\n") }
      let isIndented = index == 0 ? indentsFirst : indentsBlank || !line.isEmpty
      if isIndented { result.append(indentation) }
      result.append(line)
      try JinjaBudget.check(length: result.count)
    }
    return result
  }

  private func truncate(
    _ text: TracedText, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> TracedText {
    let length = try arguments.integer("length") ?? 255
    let cutsWords = try arguments.flag("killwords")
    let end = try arguments.text("end") ?? "..."
    let leeway = try arguments.integer("leeway") ?? 5
    guard length >= end.count, leeway >= 0, length <= JinjaBudget.longestText else {
      throw .evaluation("truncate: the length must be at least \(end.count)")
    }
    if text.count <= length + min(leeway, JinjaBudget.longestText) { return text }
    var result = TracedText(text.scalars[..<(length - end.count)])
    if !cutsWords { result = result.splitFromRight(at: " ", limit: 1)[0] }
    result.append(end)
    return result
  }
}

extension TracedText {
  /// Runs of letters, digits and underscores.
  fileprivate var wordCount: Int {
    var count = 0
    var isInWord = false
    for traced in scalars {
      let isWord = traced.scalar == "_" || TracedText(scalars: [traced]).isAlphanumeric
      if isWord, !isInWord { count += 1 }
      isInWord = isWord
    }
    return count
  }
}
