import Foundation

/// Mean and spread of one figure over runs that differ in their seed alone.
package struct SeedStatistics: Sendable, Equatable, Codable {
  /// Number of runs.
  package let count: Int
  package let mean: Double
  /// The sample standard deviation, with n - 1 below the sum of squares; nil for a single run.
  package let standardDeviation: Double?

  private enum CodingKeys: String, CodingKey {
    case count, mean
    case standardDeviation = "standard_deviation"
  }

  /// Nil without values.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    mean = values.reduce(0, +) / Double(values.count)
    let (center, degrees) = (mean, Double(values.count - 1))
    standardDeviation =
      degrees == 0 ? nil : (values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / degrees).squareRoot()
  }
}

/// The mean difference of one figure between two settings, each run compared with the other run of its seed.
package struct PairedDifference: Sendable, Equatable, Codable {
  /// The probability with which `interval` covers the true mean.
  package static let confidence = 0.95

  /// Number of seeds that both settings have a run of.
  package let count: Int
  package let mean: Double
  /// The two-sided 95 % confidence interval of the mean by Student's t distribution with n - 1 degrees of freedom, which
  /// takes the differences for normally distributed; nil for a single seed, and where all differences are the same,
  /// because nothing is known about their spread then.
  package let interval: ClosedRange<Double>?

  private enum CodingKeys: String, CodingKey {
    case count, mean
    case interval = "interval_95"
  }

  /// The differences of values less those of the reference, both by seed; nil where no seed has both.
  package init?(_ values: [Int: Double], to reference: [Int: Double]) {
    let seeds = values.keys.filter { reference[$0] != nil }.sorted()
    let differences = seeds.compactMap { seed in
      values[seed].flatMap { value in reference[seed].map { value - $0 } }
    }
    guard let statistics = SeedStatistics(differences) else { return nil }
    count = statistics.count
    mean = statistics.mean
    if let deviation = statistics.standardDeviation, Set(differences).count > 1 {
      let t = StudentT(degrees: count - 1).quantile((1 + Self.confidence) / 2)
      let reach = t * deviation / Double(count).squareRoot()
      interval = mean - reach...mean + reach
    } else {
      interval = nil
    }
  }
}

/// Student's t distribution, for confidence intervals of means of few values.
package struct StudentT: Sendable, Equatable {
  /// Degrees of freedom, at least 1.
  package let degrees: Int

  package init(degrees: Int) {
    precondition(degrees >= 1, "Student's t distribution needs at least one degree of freedom")
    self.degrees = degrees
  }

  /// The probability of values up to `t`.
  ///
  /// Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.1: with x = v / (v + t^2), the probability beyond
  /// |t| on both sides is the regularised incomplete beta function I_x(v / 2, 1 / 2).
  package func cumulative(_ t: Double) -> Double {
    let v = Double(degrees)
    let square = t * t
    let beyond = incompleteBeta(v / (v + square), complement: square / (v + square), v / 2, 0.5)
    return t < 0 ? beyond / 2 : 1 - beyond / 2
  }

  /// The value that is not exceeded with `probability`, which is inside 0...1, by bisection to the last bits.
  package func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "quantiles are those of probabilities between 0 and 1")
    if probability < 0.5 { return -quantile(1 - probability) }
    var (low, high) = (0.0, 1.0)
    while cumulative(high) < probability { high *= 2 }
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return middle }
      if cumulative(middle) < probability { low = middle } else { high = middle }
    }
  }
}

/// The regularised incomplete beta function I_x(a, b) for a, b > 0; `complement` is 1 - x, given apart because it keeps
/// its digits where x is close to 1.
///
/// Press, Teukolsky, Vetterling and Flannery, "Numerical Recipes", section 6.4: a continued fraction, which converges
/// quickly below the mean of the distribution; above it the same of 1 - I_(1 - x)(b, a).
private func incompleteBeta(_ x: Double, complement: Double, _ a: Double, _ b: Double) -> Double {
  if x <= 0 { return 0 }
  if complement <= 0 { return 1 }
  let factor = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(complement))
  return x < (a + 1) / (a + b + 2)
    ? factor * betaFraction(x, a, b) / a : 1 - factor * betaFraction(complement, b, a) / b
}

/// The continued fraction of the incomplete beta function, evaluated by Lentz's method.
private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
  let tiny = 1e-300
  func nonzero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var c = 1.0
  var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
  var result = d
  for m in stride(from: 1.0, through: 1000, by: 1) {
    var change = 1.0
    for term in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
      -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      d = 1 / nonzero(1 + term * d)
      c = nonzero(1 + term / c)
      change = c * d
      result *= change
    }
    if abs(change - 1) < 1e-16 { break }
  }
  return result
}
