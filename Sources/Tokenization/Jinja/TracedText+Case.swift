/// Case changes and character classes as Python's `str` has them.
extension TracedText {
  var uppercased: TracedText { mapped { $0.properties.uppercaseMapping } }

  var lowercased: TracedText { mapped { $0.properties.lowercaseMapping } }

  /// The first scalar in title case, the others in lower case.
  var capitalized: TracedText {
    var isFirst = true
    return mapped { scalar in
      defer { isFirst = false }
      return isFirst ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
    }
  }

  /// Python's `str.title`: title case after anything without case, lower case elsewhere.
  var titlecased: TracedText {
    var followsCased = false
    return mapped { scalar in
      defer { followsCased = scalar.properties.isCased }
      return followsCased
        ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
    }
  }

  /// Jinja's `title` filter: upper case at the start and after white space, hyphens and brackets.
  var titlecasedAtWordStarts: TracedText {
    var startsWord = true
    return mapped { scalar in
      let separates = isPythonWhitespace(scalar.value) || "-({[<".unicodeScalars.contains(scalar)
      defer { startsWord = separates }
      return startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
    }
  }

  var swappedCase: TracedText {
    mapped { scalar in
      scalar.properties.isUppercase
        ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
    }
  }

  /// Whether there are cased scalars and all of them are in upper case.
  var isUpper: Bool { isCased { $0.properties.isUppercase } }

  /// Whether there are cased scalars and all of them are in lower case.
  var isLower: Bool { isCased { $0.properties.isLowercase } }

  var isDigits: Bool {
    all { traced in
      switch traced.properties.numericType {
      case .decimal, .digit: true
      case .numeric, .none, .some: false
      }
    }
  }

  var isAlphabetic: Bool { all { isLetter($0) } }

  var isAlphanumeric: Bool { all { isLetter($0) || $0.properties.numericType != nil } }

  var isSpace: Bool { all { isPythonWhitespace($0.value) } }

  private func all(_ condition: (Unicode.Scalar) -> Bool) -> Bool {
    !isEmpty && scalars.allSatisfy { condition($0.scalar) }
  }

  private func isCased(_ condition: (Unicode.Scalar) -> Bool) -> Bool {
    let cased = scalars.filter { $0.scalar.properties.isCased }
    return !cased.isEmpty && cased.allSatisfy { condition($0.scalar) }
  }

  /// Replaces every scalar by its mapping, which keeps the scalar's origin.
  private func mapped(_ mapping: (Unicode.Scalar) -> String) -> TracedText {
    var result: [TracedScalar] = []
    result.reserveCapacity(count)
    for traced in scalars {
      for scalar in mapping(traced.scalar).unicodeScalars {
        result.append(TracedScalar(scalar, source: traced.source))
      }
    }
    var text = self
    text.scalars = result
    return text
  }
}

private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
  default: false
  }
}
