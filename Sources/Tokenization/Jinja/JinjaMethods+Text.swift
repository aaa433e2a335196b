/// Methods of Python's `str` that templates may call.
enum JinjaTextMethod: String, Sendable {
  case capitalize
  case count
  case endsWith = "endswith"
  case find
  case format
  case index
  case isAlnum = "isalnum"
  case isAlpha = "isalpha"
  case isDecimal = "isdecimal"
  case isDigit = "isdigit"
  case isLower = "islower"
  case isNumeric = "isnumeric"
  case isSpace = "isspace"
  case isUpper = "isupper"
  case join
  case leftJustify = "ljust"
  case center
  case rightJustify = "rjust"
  case lower
  case leftStrip = "lstrip"
  case partition
  case removePrefix = "removeprefix"
  case removeSuffix = "removesuffix"
  case replace
  case rightFind = "rfind"
  case rightIndex = "rindex"
  case rightPartition = "rpartition"
  case rightSplit = "rsplit"
  case rightStrip = "rstrip"
  case split
  case splitLines = "splitlines"
  case startsWith = "startswith"
  case strip
  case swapCase = "swapcase"
  case title
  case upper
  case zeroFill = "zfill"

  func call(
    on text: TracedText, _ arguments: JinjaArguments, _ budget: JinjaBudget
  ) throws(JinjaError) -> JinjaValue {
    var arguments = arguments
    try budget.spend(makingText: text.count)
    let value = try result(for: text, &arguments, budget)
    try arguments.finish()
    return value
  }

  private func result(
    for text: TracedText, _ arguments: inout JinjaArguments, _ budget: JinjaBudget
  ) throws(JinjaError) -> JinjaValue {
    switch self {
    case .upper: return .string(text.uppercased)
    case .lower: return .string(text.lowercased)
    case .capitalize: return .string(text.capitalized)
    case .title: return .string(text.titlecased)
    case .swapCase: return .string(text.swappedCase)
    case .isUpper: return .boolean(text.isUpper)
    case .isLower: return .boolean(text.isLower)
    case .isDigit, .isDecimal, .isNumeric: return .boolean(text.isDigits)
    case .isAlpha: return .boolean(text.isAlphabetic)
    case .isAlnum: return .boolean(text.isAlphanumeric)
    case .isSpace: return .boolean(text.isSpace)
    case .strip, .leftStrip, .rightStrip:
      let characters = try arguments.text("chars")
      try budget.spendSearching(text.count, for: characters?.count ?? 0)
      return .string(
        text.stripped(of: characters, left: self != .rightStrip, right: self != .leftStrip))
    case .removePrefix:
      let prefix = try arguments.requireText("prefix")
      return .string(text.hasPrefix(prefix) ? TracedText(text.scalars[prefix.count...]) : text)
    case .removeSuffix:
      let suffix = try arguments.requireText("suffix")
      let isCut = !suffix.isEmpty && text.hasSuffix(suffix)
      return .string(isCut ? TracedText(text.scalars.dropLast(suffix.count)) : text)
    case .startsWith, .endsWith: return .boolean(try hasEnd(text, &arguments))
    case .find, .index, .rightFind, .rightIndex, .count:
      return .integer(try search(text, &arguments, budget))
    case .split, .rightSplit: return try split(text, &arguments, budget)
    case .partition, .rightPartition: return try partition(text, &arguments, budget)
    case .splitLines:
      let lines = text.lines(keepingEnds: try arguments.flag("keepends"))
      return .list(try JinjaList(lines.map { .string($0) }))
    case .replace:
      let old = try arguments.requireText("old")
      let new = try arguments.requireText("new")
      let limit = try arguments.integer("count") ?? -1
      return .string(try text.replacing(old, with: new, limit: limit, budget))
    case .join: return .string(try text.joining(try arguments.require("iterable"), budget))
    case .format: return .string(try braceFormatted(text, with: &arguments))
    case .leftJustify, .rightJustify, .center, .zeroFill: return .string(try pad(text, &arguments))
    }
  }

  private func hasEnd(
    _ text: TracedText, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> Bool {
    let wanted = try arguments.require("prefix")
    let candidates: [JinjaValue]
    if case .tuple(let list) = wanted { candidates = list.items } else { candidates = [wanted] }
    let range = try range(of: text, &arguments)
    let part = TracedText(text.scalars[range])
    for candidate in candidates {
      guard case .string(let end) = candidate else {
        throw .evaluation("\(rawValue) cannot look for a value of type \(candidate.typeName)")
      }
      if self == .startsWith ? part.hasPrefix(end) : part.hasSuffix(end) { return true }
    }
    return false
  }

  /// The part that the optional arguments `start` and `end` choose.
  private func range(
    of text: TracedText, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> Range<Int> {
    func position(_ bound: Int) -> Int {
      min(max(bound < 0 ? bound + text.count : bound, 0), text.count)
    }
    let start = position(try arguments.integer("start") ?? 0)
    let end = position(try arguments.integer("end") ?? text.count)
    return start..<max(start, end)
  }

  private func search(
    _ text: TracedText, _ arguments: inout JinjaArguments, _ budget: JinjaBudget
  ) throws(JinjaError) -> Int {
    let needle = try arguments.requireText("sub")
    try budget.spendSearching(text.count, for: needle.count)
    let range = try range(of: text, &arguments)
    if self == .count { return TracedText(text.scalars[range]).occurrences(of: needle) }
    let isFromLeft = self == .find || self == .index
    let found =
      isFromLeft
      ? text.firstIndex(of: needle, from: range.lowerBound, upTo: range.upperBound)
      : text.lastIndex(of: needle, from: range.lowerBound, upTo: range.upperBound)
    if found == nil, self == .index || self == .rightIndex {
      throw .evaluation("\(rawValue): the text does not occur")
    }
    return found ?? -1
  }

  private func split(
    _ text: TracedText, _ arguments: inout JinjaArguments, _ budget: JinjaBudget
  ) throws(JinjaError) -> JinjaValue {
    let separator = try arguments.text("sep")
    let maximum = try arguments.integer("maxsplit") ?? -1
    let limit = maximum < 0 ? Int.max : maximum
    try budget.spend(makingText: text.count)
    let pieces: [TracedText]
    if let separator {
      guard !separator.isEmpty else { throw .evaluation("\(rawValue): the separator is empty") }
      try budget.spendSearching(text.count, for: separator.count)
      pieces =
        self == .split
        ? text.split(at: separator, limit: limit)
        : text.splitFromRight(at: separator, limit: limit)
    } else {
      pieces =
        self == .split
        ? text.splitAtWhitespace(limit: limit) : text.splitAtWhitespaceFromRight(limit: limit)
    }
    return .list(try JinjaList(pieces.map { .string($0) }))
  }

  private func partition(
    _ text: TracedText, _ arguments: inout JinjaArguments, _ budget: JinjaBudget
  ) throws(JinjaError) -> JinjaValue {
    let separator = try arguments.requireText("sep")
    guard !separator.isEmpty else { throw .evaluation("\(rawValue): the separator is empty") }
    try budget.spendSearching(text.count, for: separator.count)
    let isFromLeft = self == .partition
    let found = isFromLeft ? text.firstIndex(of: separator) : text.lastIndex(of: separator)
    var parts: [TracedText]
    if let found {
      let end = found + separator.count
      parts = [
        TracedText(text.scalars[..<found]), TracedText(text.scalars[found..<end]),
        TracedText(text.scalars[end...]),
      ]
    } else {
      parts = [text, TracedText(), TracedText()]
      if !isFromLeft { parts.reverse() }
    }
    return .tuple(try JinjaList(parts.map { .string($0) }))
  }

  private func pad(
    _ text: TracedText, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> TracedText {
    guard let width = try arguments.integer("width") else {
      throw .evaluation("the argument 'width' is missing")
    }
    try JinjaBudget.check(length: width)
    if self == .zeroFill { return text.zeroFilled(to: width) }
    let fill = try arguments.text("fillchar") ?? " "
    guard fill.count == 1 else { throw .evaluation("\(rawValue): the fill is one character") }
    let alignment: TextAlignment =
      self == .leftJustify ? .left : self == .rightJustify ? .right : .center
    return text.padded(to: width, alignment, with: fill.scalars[0])
  }
}
