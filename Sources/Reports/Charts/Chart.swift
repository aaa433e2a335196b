import ModelFiles

/// A chart: a Vega-Lite specification, and the same in words and as a table.
struct Chart: Sendable {
  /// What the chart is called in files and links: letters, digits and dashes.
  var name: String
  /// What it shows, in a few words.
  let title: String
  /// How to read it.
  let caption: String
  /// What is seen in it, for those who cannot see it.
  let summary: String
  /// The numbers that are drawn.
  let data: PageTable
  /// The form of chart.
  let form: ChartForm
  /// The data sets that the form names.
  let datasets: [(name: String, rows: [JSONValue])]
  /// How many rows it has, where its form says how high a row is.
  var rowCount: Int?
  /// What is measured, where its form leaves that open.
  var measure = Measure.auroc.words
  /// What it goes over, where its form leaves that open.
  var axis = "block"

  /// The specification as a part of a page: as wide as its container and without a title.
  var embedded: JSONValue {
    specification(adding: [("width", "container")])
  }

  /// The specification as a file of its own, with the light theme.
  var standalone: JSONValue {
    specification(adding: [
      ("title", ["text": .string(title), "anchor": "start", "offset": 12]),
      ("width", 640), ("background", "white"), ("config", ChartTheme.light),
    ])
  }

  /// The standalone specification's file name and content.
  var file: (name: String, bytes: [UInt8]) {
    ("\(name).vl.json", standalone.text(sorted: false) + [UInt8(ascii: "\n")])
  }

  private func specification(adding members: [(key: ByteString, value: JSONValue)]) -> JSONValue {
    let own: [(key: ByteString, value: JSONValue)] = [
      ("description", .string(summary)),
      (
        "datasets",
        .object(JSONObject(datasets.map { (key: ByteString($0.name), value: .array($0.rows)) }))
      ),
    ]
    return .object(
      JSONObject(
        form.members.map(sized).map { (key: $0.key, value: $0.value.naming(measure, axis)) } + own
          + members))
  }

  /// A height that is given by row as a number, which Vega-Lite needs where the width is a container's.
  private func sized(
    _ member: (key: ByteString, value: JSONValue)
  ) -> (key: ByteString, value: JSONValue) {
    guard member.key == "height", let rowCount,
      let step = member.value.asObject?["step"]?.asInt
    else { return member }
    return (member.key, .number(step * rowCount))
  }
}

/// The forms of charts, each a Vega-Lite specification in a file beside this one.
enum ChartForm: Sendable, CaseIterable {
  case layerCurve
  case depthCurve
  case heatMap
  case reliability
  case roc
  case transfer
  case permutationNull
  case causal
  case headlines
  case confusion
  case stepCurve
  case moduleMap
  case layerMap
  case rangeBars
  case moveCurve

  /// The specification without its data.
  var members: [(key: ByteString, value: JSONValue)] {
    let source =
      switch self {
      case .layerCurve: PackageResources.layer_curve_vl_json
      case .depthCurve: PackageResources.depth_curve_vl_json
      case .heatMap: PackageResources.heat_map_vl_json
      case .reliability: PackageResources.reliability_vl_json
      case .roc: PackageResources.roc_vl_json
      case .transfer: PackageResources.transfer_vl_json
      case .permutationNull: PackageResources.permutation_null_vl_json
      case .causal: PackageResources.causal_vl_json
      case .headlines: PackageResources.headlines_vl_json
      case .confusion: PackageResources.confusion_vl_json
      case .stepCurve: PackageResources.step_curve_vl_json
      case .moduleMap: PackageResources.module_map_vl_json
      case .layerMap: PackageResources.layer_map_vl_json
      case .rangeBars: PackageResources.range_bars_vl_json
      case .moveCurve: PackageResources.move_curve_vl_json
      }
    return embeddedJSON(source).asObject?.members ?? []
  }

  /// Whether the chart is about as high as it is wide.
  var isSquare: Bool {
    switch self {
    case .reliability, .roc: true
    case .layerCurve, .heatMap, .transfer, .permutationNull, .causal, .headlines, .confusion,
      .stepCurve, .moduleMap, .depthCurve, .layerMap, .rangeBars, .moveCurve:
      false
    }
  }
}

/// Colours and lines of all charts.
enum ChartTheme {
  static var light: JSONValue { embeddedJSON(PackageResources.chart_theme_light_json) }
  static var dark: JSONValue { embeddedJSON(PackageResources.chart_theme_dark_json) }
}

/// A JSON file of this room.
private func embeddedJSON(_ bytes: [UInt8]) -> JSONValue {
  do {
    return try JSONValue.parse(bytes)
  } catch {
    preconditionFailure("a specification of this room is not JSON: \(error)")
  }
}

extension JSONValue {
  /// Text from input as it may stand in a chart.
  static func shown(_ text: String) -> JSONValue { .string(text.escapedForTerminal) }

  /// The value with the measure's name where a form says `{measure}`, and the axis's where it says `{axis}`.
  fileprivate func naming(_ measure: String, _ axis: String) -> JSONValue {
    switch self {
    case .string(let text):
      .string(
        text.string.replacing("{measure}", with: measure).replacing("{axis}", with: axis))
    case .array(let elements): .array(elements.map { $0.naming(measure, axis) })
    case .object(let object):
      .object(
        JSONObject(object.members.map { (key: $0.key, value: $0.value.naming(measure, axis)) }))
    case .null, .bool, .number: self
    }
  }
}
