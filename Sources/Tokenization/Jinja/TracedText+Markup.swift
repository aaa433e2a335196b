/// Text that counts as HTML already, as the filters `safe` and `escape` make it.
///
/// HuggingFace renders without automatic escaping, but jinja2 still escapes plain text that is added to such text with
/// `+`, and real templates depend on it.
extension TracedText {
  /// The same text, counted as HTML.
  var asMarkup: TracedText {
    var markup = self
    markup.isMarkup = true
    return markup
  }

  /// The characters with a meaning in HTML replaced by entities, unless the text is HTML already.
  var escapedForHTML: TracedText {
    isMarkup ? self : forciblyEscapedForHTML
  }

  var forciblyEscapedForHTML: TracedText {
    var result = TracedText().asMarkup
    for traced in scalars {
      switch traced.scalar {
      case "&": result.append("&amp;", source: traced.source)
      case "<": result.append("&lt;", source: traced.source)
      case ">": result.append("&gt;", source: traced.source)
      case "'": result.append("&#39;", source: traced.source)
      case "\"": result.append("&#34;", source: traced.source)
      default: result.scalars.append(traced)
      }
    }
    return result
  }

  /// The text followed by another; when one of them is HTML, the other is escaped.
  func adding(_ other: TracedText) -> TracedText {
    let escapes = isMarkup || other.isMarkup
    var sum = escapes ? escapedForHTML : self
    sum.append(escapes ? other.escapedForHTML : other)
    return sum
  }
}
