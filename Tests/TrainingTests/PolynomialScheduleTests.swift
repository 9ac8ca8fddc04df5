import Foundation
import TestSupport
import Testing
import Training

@Suite("The learning rate's decay")
struct PolynomialScheduleTests {
  /// Relative.
  static let tolerance = 1e-14

  @Test(
    "is base (1 - t / (T + 1))^power",
    arguments: [(0, 3e-5), (20, 3e-5 * pow(21.0 / 41, 0.9)), (39, 3e-5 * pow(2.0 / 41, 0.9))])
  func values(iteration: Int, expected: Double) {
    let found = PolynomialSchedule(base: 3e-5, power: 0.9, iterations: 40).learningRate(at: iteration)
    #expect(abs(found - expected).isWithin(Self.tolerance * expected))
  }

  @Test("falls at every step and stays above 0, also past the end")
  func monotone() {
    let schedule = PolynomialSchedule(base: 1, power: 0.9, iterations: 100)
    let rates = (0...100).map(schedule.learningRate)
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
    #expect(rates.allSatisfy { $0 > 0 })
    #expect(schedule.learningRate(at: 1000) == rates[100])
  }

  @Test("does not change with power 0, and is a line with power 1")
  func powers() {
    #expect(PolynomialSchedule(base: 2, power: 0, iterations: 10).learningRate(at: 7) == 2)
    #expect(PolynomialSchedule(base: 2, power: 1, iterations: 7).learningRate(at: 4) == 1)
  }

  @Test("of a configuration takes its numbers from there")
  func configuration() {
    var configuration = TrainingConfiguration()
    configuration.length = .iterations(7)
    #expect(
      configuration.plan(batchesPerEpoch: 3).schedule == PolynomialSchedule(base: 3e-5, power: 0.9, iterations: 7))
  }
}
