import Images
import TestSupport
import Testing

/// OpenCV adds in another order, and half a grey level may then round the other way.
private let oneGreyLevel = 1
/// How far a resized float may be, relative to the largest value: OpenCV holds positions in the source in float32, half a unit
/// in the last place of `side` off, and the cubic's weights change by up to 2 a pixel in sum, across and down.
private func tolerance(side: Int) -> Double { 2 * 2 * Double(Float(side).ulp) / 2 }

@Suite struct ResizingTests {
  private func golden(_ name: String) throws -> SafetensorsFixture.Entry {
    try SafetensorsFixture(Fixture.golden("evaluation.safetensors"))(name)
  }

  private func photograph() throws -> Image { try Image(contentsOf: Fixture.golden("evaluation_image.png")) }

  @Test("an 8-bit photograph is scaled as OpenCV scales it", arguments: [0.5, 0.75, 1.25, 0.8137])
  func cubicBytes(factor: Double) throws {
    let golden = try golden("resize.cubic.uint8.\(factor)")
    let resized = try photograph().resizedCubic(by: factor)
    #expect([resized.height, resized.width, 3] == golden.shape)
    let expected = try golden.uint8s
    expectClose(resized.pixels, expected, tolerance: oneGreyLevel, "factor \(factor)")
    let unequal = zip(resized.pixels, expected).count { $0 != $1 }
    #expect(unequal * 1000 < expected.count, "\(unequal) of \(expected.count) differ")
  }

  @Test("a normalised photograph is scaled as OpenCV scales it", arguments: [0.5, 0.75, 1.25, 0.8137])
  func cubicFloats(factor: Double) throws {
    let golden = try golden("resize.cubic.float.\(factor)")
    let resized = FloatImage(try photograph(), normalizedBy: .imageNet).resizedCubic(by: factor)
    #expect([resized.height, resized.width, resized.channels] == golden.shape)
    let expected = try golden.floats
    let largest = expected.reduce(0) { max($0, Double(abs($1))) }
    let plane = resized.width * resized.height
    let interleaved = (0..<plane).flatMap { i in (0..<3).map { resized.values[$0 * plane + i] } }
    let side = max(try photograph().width, try photograph().height)
    expectClose(interleaved, expected, tolerance: tolerance(side: side) * largest, "factor \(factor)")
  }

  @Test("labels are scaled as OpenCV scales them", arguments: [0.5, 0.75, 1.25, 0.8137])
  func nearest(factor: Double) throws {
    let source = try golden("label.source")
    let golden = try golden("resize.nearest.label.\(factor)")
    let map = LabelMap(width: source.shape[1], height: source.shape[0], labels: try source.uint8s)
    let resized = map.resizedNearest(by: factor)
    #expect([resized.height, resized.width] == golden.shape)
    expectClose(resized.labels, try golden.uint8s, tolerance: 0, "factor \(factor)")
  }

  @Test("labels at factors whose coordinates fall near whole numbers are OpenCV's")
  func delicateFactors() throws {
    let fixture = try SafetensorsFixture(Fixture.golden("images/expected.safetensors"))
    let ramp = LabelMap(width: 256, height: 16, labels: (0..<16 * 256).map { UInt8($0 & 255) })
    let factors = try fixture("nearest.factors").doubles
    #expect(factors.count == 38)
    for (i, factor) in factors.enumerated() {
      let golden = try fixture("nearest.\(i)")
      let resized = ramp.resizedNearest(by: factor)
      #expect([resized.height, resized.width] == golden.shape, "factor \(factor)")
      expectClose(resized.labels, try golden.uint8s, tolerance: 0, "factor \(factor)")
    }
  }

  @Test("photograph, float image and labels of any size agree on the scaled size", arguments: [1, 2, 3, 7, 61])
  func sizes(side: Int) {
    for factor in [0.01, 0.3, 0.5, 0.99, 1, 1.25, 2.5, 9] {
      let image = Image(width: side, height: side + 1, pixels: Array(repeating: 77, count: side * (side + 1) * 3))
      let resized = image.resizedCubic(by: factor)
      #expect(resized.pixels.allSatisfy { $0 == 77 })
      let floats = FloatImage(image, normalizedBy: .imageNet).resizedCubic(by: factor)
      let labels = LabelMap(width: side, height: side + 1, filledWith: 4).resizedNearest(by: factor)
      #expect(floats.width == resized.width && floats.height == resized.height)
      #expect(labels.width == resized.width && labels.height == resized.height)
      #expect(resized.width == max(1, Int((Double(side) * factor).rounded(.toNearestOrEven))))
    }
  }

  @Test("scaling by one changes nothing")
  func identity() throws {
    let image = try photograph()
    #expect(image.resizedCubic(by: 1) == image)
    let floats = FloatImage(image, normalizedBy: .imageNet)
    #expect(floats.resizedCubic(by: 1) == floats)
  }

  @Test("each channel of a float image is scaled on its own, however many there are", arguments: [1, 2, 4, 5, 9])
  func channels(count: Int) {
    let (width, height) = (11, 7)
    let planes = (0..<count).map { c in (0..<width * height).map { Float(($0 * (c + 3)) % 19) } }
    let whole = FloatImage(width: width, height: height, channels: count, values: planes.flatMap { $0 })
      .resizedCubic(by: 1.3)
    let single = planes.flatMap {
      FloatImage(width: width, height: height, channels: 1, values: $0).resizedCubic(by: 1.3).values
    }
    expectClose(whole.values, single, tolerance: 0, "\(count) channels")
  }
}
