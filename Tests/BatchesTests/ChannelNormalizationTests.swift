import Batches
import Images
import Tensors
import TestSupport
import Testing

@Suite("Normalisation") struct ChannelNormalizationTests {
  private static let tolerance: Float = 1e-6

  @Test("ImageNet's is (byte / 255 - mean) / deviation") func imageNet() throws {
    let bytes = (0..<6 * 3).map { UInt8($0 * 14) }
    let tensor = try ChannelNormalization.imageNet.tensor(from: Image(width: 3, height: 2, pixels: bytes))
    #expect(tensor.shape == [1, 3, 2, 3])
    #expect(tensor.type == .float32)
    let (mean, deviation) = ([0.485, 0.456, 0.406] as [Float], [0.229, 0.224, 0.225] as [Float])
    let expected = (0..<3).flatMap { c in
      (0..<6).map { pixel in (Float(bytes[pixel * 3 + c]) / 255 - mean[c]) / deviation[c] }
    }
    let found = try tensor.floats()
    let worst = zip(expected, found).map { abs($0 - $1) }.max() ?? .infinity
    #expect(found.count == expected.count && worst.isWithin(Self.tolerance), "off by \(worst)")
  }

  @Test("That of EfficientNet-Lite is (byte - 127) / 128") func centered() {
    let image = Image(width: 1, height: 1, pixels: [0, 127, 255])
    let normalization = ChannelNormalization(mean: [127, 127, 127], deviation: [128, 128, 128])
    #expect(normalization.planes(of: image) == [-127.0 / 128, 0, 1])
  }
}
