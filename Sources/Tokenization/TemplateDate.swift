/// The date and time a template prints when it asks for today's.
///
/// It is given by the caller: a prompt that holds the current date would be another prompt tomorrow.
public struct TemplateDate: Equatable, Sendable {
  /// The calendar year, from 1.
  public let year: Int
  /// The month, 1 to 12.
  public let month: Int
  /// The day of the month, 1 to 31.
  public let day: Int
  /// The hour, 0 to 23.
  public let hour: Int
  /// The minute, 0 to 59.
  public let minute: Int
  /// The second, 0 to 59.
  public let second: Int

  /// A moment of the Gregorian calendar, or nil when there is no such moment; without a time it is
  /// midnight.
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard (1...9999).contains(year), (1...12).contains(month),
      (1...Self.daysInMonth(month, of: year)).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...59).contains(second)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// Python's `strftime` in the C locale, for the directives that dates are written with.
  func formatted(_ format: String) throws(JinjaError) -> String {
    var result = ""
    var isDirective = false
    var isUnpadded = false
    for character in format {
      if !isDirective {
        if character == "%" { isDirective = true } else { result.append(character) }
        continue
      }
      if character == "-", !isUnpadded {
        isUnpadded = true
        continue
      }
      result += try field(character, isUnpadded: isUnpadded)
      isDirective = false
      isUnpadded = false
    }
    return isDirective ? result + "%" : result
  }

  private func field(_ directive: Character, isUnpadded: Bool) throws(JinjaError) -> String {
    func padded(_ number: Int, _ width: Int = 2) -> String {
      let digits = String(number)
      return isUnpadded
        ? digits : String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    switch directive {
    case "Y": return padded(year, 4)
    case "y": return padded(year % 100)
    case "m": return padded(month)
    case "d": return padded(day)
    case "e": return day < 10 ? " \(day)" : "\(day)"
    case "H": return padded(hour)
    case "I": return padded((hour + 11) % 12 + 1)
    case "M": return padded(minute)
    case "S": return padded(second)
    case "p": return hour < 12 ? "AM" : "PM"
    case "j": return padded(dayOfYear, 3)
    case "B": return Self.months[month - 1]
    case "b", "h": return String(Self.months[month - 1].prefix(3))
    case "A": return Self.weekdays[weekday]
    case "a": return String(Self.weekdays[weekday].prefix(3))
    case "u": return String((weekday + 6) % 7 + 1)
    case "w": return String(weekday)
    case "F": return padded(year, 4) + "-" + padded(month) + "-" + padded(day)
    case "T": return padded(hour) + ":" + padded(minute) + ":" + padded(second)
    case "%": return "%"
    default: throw .evaluation("the date directive '%\(directive)' is not supported")
    }
  }

  private static func daysInMonth(_ month: Int, of year: Int) -> Int {
    let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  private var dayOfYear: Int {
    (1..<month).reduce(day) { $0 + Self.daysInMonth($1, of: year) }
  }

  /// 0 for Sunday.
  private var weekday: Int {
    let earlier = year - 1
    let days = earlier * 365 + earlier / 4 - earlier / 100 + earlier / 400 + dayOfYear
    return days % 7
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
}
