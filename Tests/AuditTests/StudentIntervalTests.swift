import Foundation
import Statistics
import Testing

@Suite("Student's intervals")
struct StudentIntervalTests {
  /// From scipy.stats.t.ppf(0.975, degrees), which is good to 13 digits.
  private static let precision = 1e-12

  @Test(
    "quantiles are scipy's",
    arguments: [
      (1, 12.706204736174694), (2, 4.302652729749462), (3, 3.1824463052837078),
      (4, 2.7764451051977934), (5, 2.5705818356363146), (9, 2.262157162798205),
      (10, 2.228138851986274), (30, 2.0422724563012378), (100, 1.9839715185235518),
    ])
  func quantiles(degrees: Int, expected: Double) {
    #expect(abs(studentQuantile(degrees: degrees) / expected - 1) < Self.precision)
  }

  @Test("the interval of a mean is that of the textbook, and one value has none")
  func interval() throws {
    // Mean 2, standard deviation 1, so 4.302653 / √3 to either side.
    let found = try #require(StudentInterval(of: [1, 2, 3]))
    #expect(found.mean == 2 && found.degrees == 2)
    #expect(abs(found.high - 4.484138) < 1e-6 && abs(found.low + 0.484138) < 1e-6)
    #expect(StudentInterval(of: [1]) == nil && StudentInterval(of: []) == nil)
    let alike = try #require(StudentInterval(of: [0.5, 0.5]))
    #expect(alike.low == 0.5 && alike.high == 0.5)
  }
}
