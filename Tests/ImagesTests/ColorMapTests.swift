import Images
import Testing

@Suite struct ColorMapTests {
  @Test(
    "labels have the colours that PASCAL VOC publishes",
    arguments: [
      (0, [0, 0, 0]), (1, [128, 0, 0]), (2, [0, 128, 0]), (3, [128, 128, 0]), (4, [0, 0, 128]), (8, [64, 0, 0]),
      (15, [192, 128, 128]), (20, [0, 64, 128]), (21, [128, 64, 128]), (64, [32, 0, 0]), (254, [96, 224, 192]),
      (255, [255, 255, 255]),
    ] as [(UInt8, [UInt8])])
  func voc(label: UInt8, color: [UInt8]) {
    let found = ColorMap.voc[label]
    #expect([found.red, found.green, found.blue] == color)
  }

  @Test("no two labels share a colour")
  func distinct() {
    let bytes = ColorMap.voc.bytes
    #expect(bytes.count == 768)
    let colors = Set((0..<256).map { label in bytes[label * 3..<label * 3 + 3] })
    #expect(colors.count == 256)
  }
}
