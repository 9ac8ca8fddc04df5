import Evaluation
import Testing

@Suite struct SeedStatisticsTests {
  @Test(
    "quantiles of Student's t distribution are those of printed tables",
    arguments: [
      (1, 12.706204736), (2, 4.302652730), (3, 3.182446305), (4, 2.776445105), (9, 2.262157163), (10, 2.228138852),
      (29, 2.045229642), (30, 2.042272456), (100, 1.983971519),
    ])
  func quantiles(degrees: Int, expected: Double) {
    let tolerance = 1e-9
    let distribution = StudentT(degrees: degrees)
    #expect(abs(distribution.quantile(0.975) - expected) < tolerance * expected)
    #expect(abs(distribution.quantile(0.025) + expected) < tolerance * expected)
    #expect(abs(distribution.cumulative(expected) - 0.975) < tolerance)
  }

  @Test("with one degree of freedom it is Cauchy's, with many the normal distribution") func limits() {
    // 1 / 2 + atan(t) / pi, at t = 1 and -1.
    #expect(abs(StudentT(degrees: 1).cumulative(1) - 0.75) < 1e-12)
    #expect(abs(StudentT(degrees: 1).cumulative(-1) - 0.25) < 1e-12)
    #expect(StudentT(degrees: 7).cumulative(0) == 0.5)
    // The normal quantile z = 1.959963985 plus (z^3 + z) / (4 v), the first term of its expansion.
    #expect(abs(StudentT(degrees: 10_000).quantile(0.975) - 1.960201212) < 1e-7)
  }

  @Test("mean and sample standard deviation of 1, 2 and 4") func spread() throws {
    let statistics = try #require(SeedStatistics([1, 2, 4]))
    #expect(statistics.count == 3)
    #expect(abs(statistics.mean - 7 / 3) < 1e-15)
    // Deviations -4/3, -1/3 and 5/3: squares 16/9, 1/9 and 25/9, sum 42/9, over 2.
    #expect(abs((statistics.standardDeviation ?? 0) - (7.0 / 3).squareRoot()) < 1e-15)
  }

  @Test("one value has a mean and no deviation, none has neither") func few() {
    #expect(SeedStatistics([0.5])?.mean == 0.5)
    #expect(SeedStatistics([0.5])?.standardDeviation == nil)
    #expect(SeedStatistics([]) == nil)
  }

  @Test("differences are paired by seed, and seeds that one side lacks are left out") func paired() throws {
    let difference = try #require(
      PairedDifference([0: 0.5, 1: 0.75, 2: 1, 7: 9], to: [2: 0.25, 0: 0.25, 1: 0.25, 8: 1]))
    #expect(difference.count == 3)
    // 0.25, 0.5 and 0.75: mean 0.5, deviation 0.25, standard error 0.25 / sqrt(3), t = 4.302652730.
    #expect(difference.mean == 0.5)
    let interval = try #require(difference.interval)
    #expect(abs(interval.upperBound - 0.5 - 4.302652730 * 0.25 / 3.0.squareRoot()) < 1e-9)
    #expect(abs(interval.lowerBound - 0.5 + 4.302652730 * 0.25 / 3.0.squareRoot()) < 1e-9)
  }

  @Test("one seed, or differences that are all the same, have no interval") func noInterval() {
    #expect(PairedDifference([0: 0.5], to: [0: 0.25])?.mean == 0.25)
    #expect(PairedDifference([0: 0.5], to: [0: 0.25])?.interval == nil)
    #expect(PairedDifference([0: 0.5, 1: 0.5], to: [0: 0.5, 1: 0.5])?.interval == nil)
    #expect(PairedDifference([0: 0.5], to: [1: 0.5]) == nil)
  }
}
