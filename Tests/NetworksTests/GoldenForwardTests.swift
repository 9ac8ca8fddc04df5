import Foundation
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Forward pass agrees with the published program in float32")
struct GoldenForwardTests {
  /// Relative to the largest magnitude of the expected tensor.
  static let tolerance = 1e-5

  @Test("decoder, local aggregation and logits agree everywhere")
  func forward() throws {
    let golden = try GoldenNetwork(.float32)
    let image = try golden.input("image")
    let prediction = try withInference { try golden.network(image, .evaluation) }
    let shallow = try withInference { try golden.network.shallowFeature(image) }
    let results: [(String, Tensor)] = [
      ("eval.decoder", try prediction.decoded.sliced(1, 0, 16)), ("eval.shallow", shallow),
      ("eval.seg_before_lam", prediction.scores), ("eval.seg_after_lam", prediction.aggregated),
      ("eval.logits", try prediction.logits()),
    ]
    for (name, found) in results {
      let closeness = try Closeness(found, try golden.tensors(name).floats)
      #expect(closeness.relative.isWithin(Self.tolerance), "\(name): \(closeness)")
    }
  }

  @Test("an image whose sides are no multiple of 4 agrees")
  func oddSize() throws {
    let golden = try GoldenNetwork(.float32)
    let image = try golden.input("odd.image")
    let logits = try withInference { try golden.network(image, .evaluation).logits() }
    let closeness = try Closeness(logits, try golden.tensors("odd.logits").floats)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("backbone features have the published shapes, first values and means")
  func features() throws {
    let golden = try GoldenNetwork(.float32)
    let image = try golden.input("image")
    let features = try withInference { try golden.network.features(image, .evaluation) }
    for (index, feature) in features.enumerated() {
      let expected = golden.numbers("backbone.\(index)")
      let first = try #require(expected["first"] as? [Double])
      let mean = try #require(expected["mean"] as? Double)
      #expect(feature.shape == expected["shape"] as? [Int])
      let closeness = Closeness(Array(try feature.doubles().prefix(first.count)), first)
      #expect(closeness.relative.isWithin(Self.tolerance), "backbone.\(index): \(closeness)")
      #expect(abs(try feature.mean().item() - mean).isWithin(Self.tolerance * abs(mean)))
    }
  }
}
