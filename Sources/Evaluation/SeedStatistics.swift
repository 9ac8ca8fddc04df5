/// Mean and spread of one figure over runs that differ in their seed alone.
public struct SeedStatistics: Sendable, Equatable, Codable {
  /// Number of runs.
  public let count: Int
  public let mean: Double
  /// The sample standard deviation, with n - 1 below the sum of squares; nil for a single run.
  public let standardDeviation: Double?

  private enum CodingKeys: String, CodingKey {
    case count, mean
    case standardDeviation = "standard_deviation"
  }

  /// Nil without values.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    mean = values.reduce(0, +) / Double(values.count)
    let (center, degrees) = (mean, Double(values.count - 1))
    standardDeviation =
      degrees == 0 ? nil : (values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / degrees).squareRoot()
  }
}

/// The mean difference of one figure between two settings, each run compared with the other run of its seed.
public struct PairedDifference: Sendable, Equatable, Codable {
  /// The probability with which `interval` covers the true mean.
  public static let confidence = 0.95

  /// Number of seeds that both settings have a run of.
  public let count: Int
  public let mean: Double
  /// The two-sided 95 % confidence interval of the mean by Student's t distribution with n - 1 degrees of freedom, which
  /// takes the differences for normally distributed; nil for a single seed, and where all differences are the same,
  /// because nothing is known about their spread then.
  public let interval: ClosedRange<Double>?

  private enum CodingKeys: String, CodingKey {
    case count, mean
    case interval = "interval_95"
  }

  /// The differences of values less those of the reference, both by seed; nil where no seed has both.
  public init?(_ values: [Int: Double], to reference: [Int: Double]) {
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
