import Foundation
import ModelFiles
import Reports
import Testing

@Suite("Report page")
struct ReportPageTests {
  @Test("shows every part of a result whose checks were all run")
  func complete() throws {
    let page = try ResultCollection(paths: [example("decodes")]).html(charts: nil)
    let headings = page.matches(of: /<h2 [^>]*>([^<]*)<\/h2>/).map { String($0.output.1) }
    #expect(
      headings == [
        "What could have refuted it", "Layers and positions", "The text alone",
        "Alike prompts compared", "Chances and thresholds", "Transfer between sources",
        "The model itself", "Other kinds of probe", "Token by token",
        "Chosen inside each training part", "All cells", "How it was measured", "Provenance",
      ])
    #expect(page.contains("decodes &quot;harmful&quot; with AUROC "))
    #expect(page.ranges(of: "<figure ").count == 9)
    #expect(page.contains("Near-duplicates: 6 prompts nearly repeated"))
  }

  @Test("says of checks that were not run what they need")
  func notRun() throws {
    let page = try ResultCollection(paths: [example("shortcut")]).html(charts: nil)
    for what in [
      "The model&#39;s own refusal log-odds", "Untrained twin", "Ablating and adding the direction",
    ] {
      #expect(page.contains("<strong>\(what)</strong>: not run, needs the model: --model."))
    }
    #expect(page.contains("<span class=\"mark\">Refutes</span>"))
    #expect(!page.contains("Token by token"))
  }

  @Test("keeps its tables without the charts' library, and says how to get it")
  func withoutLibrary() throws {
    let page = try ResultCollection(paths: [example("decodes")]).html(charts: nil)
    #expect(page.contains("<code>make setup</code>"))
    #expect(page.contains("<caption><span>AUROC by layer, resid_post</span></caption>"))
    #expect(!page.contains("data-export=\"png\""))
  }

  @Test("asks for nothing outside itself and runs nothing but its own scripts")
  func closed() throws {
    let page = try withLibrary("globalThis.drawn = true;") { library in
      try ResultCollection(paths: [example("decodes")]).html(charts: library)
    }
    #expect(page.matches(of: /(src|href)="(?!#)[^"]*"/).isEmpty)
    #expect(!page.contains("@import") && !page.contains("url("))
    let policy = try #require(page.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/))
    #expect(policy.output.1.contains("default-src &#39;none&#39;; script-src"))
    #expect(policy.output.1.matches(of: /sha256-[A-Za-z0-9+\/]{43}=/).count == 2)
    // The digest that browsers compute of `globalThis.drawn = true;`, from openssl.
    #expect(policy.output.1.contains("sha256-e5pLgsVkO1vV6uny+YaVQfisAV0QcUYphqZ8Aw/l/6s="))
  }

  @Test("ends no script early, whatever the library holds")
  func libraryText() throws {
    let page = try withLibrary("const a = '</script><!--';") { library in
      try ResultCollection(paths: [example("decodes")]).html(charts: library)
    }
    #expect(page.contains("const a = '<\\/script><\\!--';"))
  }

  @Test("shows text from input letter by letter", arguments: hostileTexts)
  func hostile(text: String) throws {
    let (shown, plain) = (try Parts(inPlaceOfNames: text), try Parts(inPlaceOfNames: "plain"))
    #expect(shown.data.count == plain.data.count)
    #expect(
      shown.data.allSatisfy { !$0.contains("<") && (try? JSONValue.parse(Array($0.utf8))) != nil })
    // Not one element, attribute or comment more than with a harmless word.
    for mark in ["<", ">", "\"", "'"] {
      #expect(shown.markup.ranges(of: mark).count == plain.markup.ranges(of: mark).count, "\(mark)")
    }
    for scalar in shown.page.unicodeScalars {
      #expect(scalar.value >= 0x20 || scalar == "\n")
      #expect(
        !(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
    }
  }

  @Test("writes specifications that are JSON and hold their data")
  func specifications() throws {
    let files = try ResultCollection(paths: [example("decodes")]).chartFiles()
    #expect(
      files.map(\.name) == [
        "permutation-null-probe.vl.json", "layer-curve-probe-attn-out.vl.json",
        "heat-map-probe-attn-out.vl.json", "layer-curve-probe-resid-post.vl.json",
        "heat-map-probe-resid-post.vl.json", "reliability-probe.vl.json", "roc-probe.vl.json",
        "transfer-probe.vl.json", "causal-probe.vl.json",
      ])
    for file in files {
      let object = try #require(try JSONValue.parse(file.bytes).asObject, "\(file.name)")
      #expect(object["$schema"] == "https://vega.github.io/schema/vega-lite/v6.json")
      let datasets = try #require(object["datasets"]?.asObject)
      #expect(!datasets.members.isEmpty && datasets.members.allSatisfy { $0.value.asArray != [] })
      #expect(object["description"]?.asString?.string.contains("AUROC") != nil)
    }
  }

  @Test("stays below 3 MB with a library of the usual size and two results")
  func size() throws {
    let library = String(repeating: "x", count: 900_000)
    let page = try withLibrary("/* \(library) */") { library in
      try ResultCollection(paths: [example("decodes"), example("shortcut")]).html(charts: library)
    }
    #expect(page.utf8.count < 3_000_000)
  }

  @Test("compares results, with an overview and their curves in one chart")
  func compared() throws {
    let collection = try ResultCollection(paths: [example("decodes"), example("shortcut")])
    let page = collection.html(charts: nil)
    #expect(page.contains("2 probe reports compared"))
    #expect(page.contains("<th scope=\"row\">decodes</th><td>harmful</td><td>Decodes</td>"))
    #expect(page.contains("<td>Not shown</td>"))
    let names = collection.chartFiles().map(\.name)
    #expect(names.prefix(2) == ["headlines.vl.json", "layer-curves.vl.json"])
    #expect(Set(names).count == names.count)
  }
}

/// Texts that would break out of what they stand in, were they not escaped.
private let hostileTexts = [
  "</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'&<b>", "<!-- ",
  "\u{202E}reversed\u{2066}", "a\u{0}b\u{1B}[31m", "]]>", "javascript:alert(1)", "\\u003C/script>",
]
