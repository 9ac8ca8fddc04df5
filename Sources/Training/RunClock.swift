/// Time spent in a run, and images per second since the rate was last asked for.
struct RunClock {
  private let start = ContinuousClock.now
  private let secondsBefore: Double
  private var rateStart = ContinuousClock.now
  private var images = 0

  init(secondsBefore: Double) { self.secondsBefore = secondsBefore }

  var seconds: Double { secondsBefore + (ContinuousClock.now - start) / .seconds(1) }

  mutating func count(images: Int) { self.images += images }

  mutating func imagesPerSecond() -> Double {
    let elapsed = (ContinuousClock.now - rateStart) / .seconds(1)
    defer { restartRate() }
    return elapsed > 0 ? Double(images) / elapsed : 0
  }

  /// Leaves out what was not training, such as a validation.
  mutating func restartRate() {
    images = 0
    rateStart = .now
  }
}
