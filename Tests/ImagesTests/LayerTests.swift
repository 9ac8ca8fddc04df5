import Images
import Testing

@Suite struct LayerTests {
  /// The layer on white, which transparent pixels are decoded to.
  private func pixels(_ layer: Layer) throws -> [[UInt8]] {
    let image = try Image(decoding: layer.pngData(), from: "memory")
    return (0..<image.width * image.height).map { Array(image.pixels[$0 * 3..<$0 * 3 + 3]) }
  }

  private let clear: [UInt8] = [255, 255, 255]

  @Test("regions have their colours, background and void none")
  func regions() throws {
    let map = LabelMap(width: 4, height: 1, labels: [0, 1, 2, 255])
    let found = try pixels(Layer(regions: map, colors: .voc))
    #expect(found == [clear, [128, 0, 0], [0, 128, 0], clear])
  }

  @Test("any number of colours is packed into as few bits as will do", arguments: [1, 2, 3, 4, 15, 16, 17, 254])
  func packing(count: Int) throws {
    let labels = (0..<3 * count).map { UInt8(1 + $0 % count) }
    let map = LabelMap(width: count, height: 3, labels: labels)
    let found = try pixels(Layer(regions: map, colors: .voc))
    #expect(found == labels.map { label in [ColorMap.voc[label]].flatMap { [$0.red, $0.green, $0.blue] } })
  }

  @Test("errors are red, what is right is clear, and void is striped")
  func errors() throws {
    let truth = LabelMap(width: 14, height: 1, labels: [0, 1] + Array(repeating: 255, count: 12))
    let prediction = LabelMap(width: 14, height: 1, labels: [0, 2] + Array(repeating: 1, count: 12))
    let found = try pixels(Layer(errorsOf: prediction, groundTruth: truth))
    #expect(found[0] == clear)
    #expect(found[1][0] == 255 && found[1][1] < 100)
    let void = Set(found[2...])
    #expect(void.count == 2 && void.contains(clear) && !void.contains(found[1]))
  }

  @Test("a layer of nothing is empty")
  func empty() {
    let nothing = LabelMap(width: 5, height: 4, filledWith: Label.ignored)
    #expect(Layer(scribbles: nothing, colors: .bright).isEmpty)
    #expect(Layer(edges: nothing, colors: .bright).isEmpty)
    #expect(!Layer(regions: LabelMap(width: 5, height: 4, filledWith: 3), colors: .bright).isEmpty)
  }
}
