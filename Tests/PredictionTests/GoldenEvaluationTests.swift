import Foundation
import Images
import Layers
import Networks
import Prediction
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Evaluation agrees with the published program")
struct GoldenEvaluationTests {
  /// Relative to the largest magnitude of the logits.
  static let tolerance = 1e-5

  @Test("logits of four scales and their mirror images, and the labels, agree")
  func views() throws {
    let golden = try SafetensorsFixture(Fixture.golden("evaluation.safetensors"))
    let image = try Image(contentsOf: Fixture.golden("evaluation_image.png"))
    let prediction = try Predictor(GoldenNetwork(.float32).network, views: .published)(image)

    #expect(try prediction.logits().shape == golden("logits").shape)
    let closeness = try Closeness(prediction.logits(), try golden("logits").floats)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")

    let labels = try prediction.labels()
    #expect((labels.height, labels.width) == (123, 165))
    #expect(try labels.labels == golden("label").uint8s)
    let json = try Data(contentsOf: URL(fileURLWithPath: Fixture.golden("evaluation.json")))
    let values = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    let expected = try #require(values["label_counts"] as? [String: Int])
    let found = Dictionary(labels.labels.map { (String($0), 1) }, uniquingKeysWith: +)
    #expect(found == expected)
  }
}
