/// The mean and standard deviation that a network's input is normalised by, per colour, for values of 0...1.
public struct Normalization: Sendable, Equatable {
  public let mean: SIMD3<Float>
  public let deviation: SIMD3<Float>

  public init(mean: SIMD3<Float>, deviation: SIMD3<Float>) {
    self.mean = mean
    self.deviation = deviation
  }

  /// The statistics of ImageNet's photographs, which its pretrained networks expect.
  public static let imageNet = Normalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// The normalised value of each of the 256 grey values of a channel (0 red, 1 green, 2 blue).
  func table(channel: Int) -> [Float] { (0..<256).map { (Float($0) / 255 - mean[channel]) / deviation[channel] } }
}
