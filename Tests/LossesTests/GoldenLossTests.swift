import Foundation
import Losses
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("The BLP loss agrees with the published program")
struct GoldenLossTests {
  @Test("value and gradient agree for each gamma", arguments: [0.0, 1.0, 2.0])
  func blp(gamma: Double) throws {
    let golden = try SafetensorsFixture(Fixture.golden("golden.safetensors"))
    let json = try Data(contentsOf: URL(fileURLWithPath: Fixture.golden("golden.json")))
    let values = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    let expected = try #require(values["blp.gamma=\(gamma)"] as? Double)

    let logits = try Tensor(golden("blp.pred").floats, golden("blp.pred").shape).requiringGradient()
    let scribbleLogits = try Tensor(golden("blp.scribble_pred").floats, golden("blp.scribble_pred").shape)
    let labels = try Tensor(golden("blp.label").int64s, golden("blp.label").shape)
    let loss = try blpLoss(logits, scribbleLogits: scribbleLogits.requiringGradient(), labels: labels, gamma: gamma)
    try loss.backward()
    #expect(abs(try loss.item() - expected).isWithin(1e-5 * expected))
    let closeness = try Closeness(try #require(logits.gradient), try golden("blp.grad.gamma=\(gamma)").floats)
    #expect(closeness.relative.isWithin(1e-5), "\(closeness)")
    #expect(scribbleLogits.gradient == nil)
  }
}
