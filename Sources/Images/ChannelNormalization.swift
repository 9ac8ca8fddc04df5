/// How bytes of a photograph become the numbers that a network was trained on: (byte - mean) / deviation.
public struct ChannelNormalization: Sendable, Equatable {
  /// Mean of red, green and blue on the scale 0...255.
  public let mean: [Float]
  /// Standard deviation of red, green and blue on the scale 0...255.
  public let deviation: [Float]

  public init(mean: [Float], deviation: [Float]) {
    precondition(mean.count == 3 && deviation.count == 3, "a photograph has three channels")
    precondition(deviation.allSatisfy { $0 > 0 }, "a standard deviation is above 0")
    self.mean = mean
    self.deviation = deviation
  }

  /// ImageNet's mean and standard deviation, as most published weights expect.
  public static let imageNet = ChannelNormalization(
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255], deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255])

  /// The result for each of the 256 bytes in a channel (0 red, 1 green, 2 blue).
  public func table(channel: Int) -> [Float] {
    (0...UInt8.max).map { (Float($0) - mean[channel]) / deviation[channel] }
  }
}
