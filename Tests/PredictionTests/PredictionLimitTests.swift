import CRF
import Images
import Layers
import Networks
import Prediction
import TestSupport
import Testing

@Suite("How large photographs may be") struct PredictionLimitTests {
  private static let network = BLPSegConfiguration(backbone: .resnet101, classCount: 21).architecture

  private func problem(_ width: Int, _ height: Int, _ views: Views, _ limit: PredictionLimit) -> String? {
    let check = PredictionSizeCheck([PredictionRecipe(views)], Self.network, limit)
    do throws(PredictionSizeError) {
      try check.require(width, height)
      return nil
    } catch {
      return error.problem
    }
  }

  @Test("4000 x 3000 pixels are predicted with ResNet-101, in one view and in all of them")
  func knownLargeUse() {
    let views: [Views] = [.single, .published]
    for views in views { #expect(problem(4000, 3000, views, PredictionLimit(memory: 6_000_000_000)) == nil) }
    let cost = PredictionCost(width: 4000, height: 3000, [PredictionRecipe(.single)], Self.network)
    // 2.82 GB were measured.
    #expect(2_800_000_000...3_300_000_000 ~= cost.memory)
  }

  @Test("The largest view counts, and is named with the limit")
  func views() throws {
    let views = Views(scales: [0.25, 2], mirror: true)
    let limit = PredictionLimit(viewPixels: 1_000_000)
    #expect(problem(500, 500, views, limit) == nil)
    let text = try #require(problem(600, 500, views, limit))
    #expect(text == "has 600 x 500 pixels, 1200 x 1000 in its largest view, and at most 1000000 are predicted")
    #expect(problem(16_384, 16_384, Views(scales: [0.25], mirror: true), PredictionLimit()) == nil)
    #expect(problem(16_384, 16_384, .single, PredictionLimit()) != nil)
  }

  @Test("Memory that would not do is named with what may be used")
  func memory() throws {
    let text = try #require(problem(4000, 3000, .single, PredictionLimit(memory: 1_500_000_000)))
    #expect(text.contains("4000 x 3000 in its largest view, which take about 3.1 GB"), "\(text)")
    #expect(text.hasSuffix("and 1.5 GB may be used"), "\(text)")
  }

  @Test("The estimate grows with each side, with the scales, the network and the dense CRF")
  func growth() {
    func memory(
      _ width: Int = 1000, _ height: Int = 1000, scales: [Double] = [1], crf: DenseCRF.Settings? = nil,
      backbone: BackboneDescription = .resnet18
    ) -> Int {
      let recipe = PredictionRecipe(Views(scales: scales, mirror: true), crf: crf)
      let network = BLPSegConfiguration(backbone: backbone, classCount: 3).architecture
      return PredictionCost(width: width, height: height, [recipe], network).memory
    }
    let least = memory()
    #expect(memory(2000) > least && memory(1000, 2000) == memory(2000))
    #expect(memory(scales: [0.5, 1.25]) > least && memory(scales: [0.5]) < least)
    #expect(memory(crf: DenseCRF.Settings()) > least && memory(backbone: .resnet101) > least)
    // Sides and scales that no file has.
    #expect(memory(1 << 28, 1, scales: [1e9]) > least)
  }

  @Test("A predictor refuses a photograph that is larger than its limit before it works")
  func predictor() throws {
    let network = try BLPSeg(
      BLPSegConfiguration(backbone: .resnet18, classCount: 4, decoderWidth: 8), ParameterStore())
    var predictor = try Predictor(network, views: .single)
    predictor.limit = PredictionLimit(viewPixels: 100)
    let image = Image(width: 11, height: 10, pixels: [UInt8](repeating: 0, count: 330))
    #expect(throws: PredictionSizeError.self) { try predictor(image) }
    #expect(throws: PredictionSizeError.self) { try predictor.withAnnotationProbability(image) }
    #expect(throws: PredictionSizeError.self) { try predictor.sizeCheck.require(11, 10) }
    predictor.limit = PredictionLimit(viewPixels: 110)
    #expect(try predictor(image).labels().width == 11)
  }
}
