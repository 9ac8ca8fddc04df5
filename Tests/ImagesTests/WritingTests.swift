import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct WritingTests {
  @Test("a palette PNG gives every label back")
  func labels() throws {
    let folder = try TemporaryFolder()
    let map = LabelMap(width: 51, height: 13, labels: (0..<51 * 13).map { UInt8($0 * 7 & 255) })
    try map.write(palettePNG: folder("deep/mask.png"))
    #expect(try LabelMap(contentsOf: folder("deep/mask.png")) == map)
    #expect(try LabelMap(decoding: map.palettePNGData(), from: "memory") == map)
  }

  @Test("a palette PNG, read as a photograph, shows the colours of PASCAL VOC")
  func palette() throws {
    let map = LabelMap(width: 4, height: 1, labels: [0, 1, 20, 255])
    let image = try Image(decoding: map.palettePNGData(), from: "memory")
    #expect(image.pixels == [0, 0, 0, 128, 0, 0, 0, 64, 128, 255, 255, 255])
  }

  @Test("a palette PNG has other colours if so wished, and the same labels")
  func ownPalette() throws {
    let map = LabelMap(width: 3, height: 1, labels: [0, 1, 255])
    let data = try map.palettePNGData(colors: .bright)
    #expect(try Image(decoding: data, from: "memory").pixels == [205, 208, 212, 228, 9, 113, 255, 255, 255])
    #expect(try LabelMap(decoding: data, from: "memory") == map)
  }

  @Test("a large mask takes far fewer bytes than pixels")
  func compression() throws {
    let map = try LabelMap(contentsOf: Fixture.demo("SegmentationClass/Bombay_127.png"))
    #expect(try map.palettePNGData().count * 10 < map.labels.count)
  }

  @Test("a PNG gives every pixel back")
  func png() throws {
    let folder = try TemporaryFolder()
    let image = try Image(contentsOf: Fixture.golden("evaluation_image.png"))
    try image.write(png: folder("image.png"))
    #expect(try Image(contentsOf: folder("image.png")) == image)
    #expect(try InputFile.names(inFolder: folder.path) == ["image.png"])
  }

  @Test("a JPEG of high quality is close to its pixels, and a lower quality smaller")
  func jpeg() throws {
    let image = try Image(contentsOf: Fixture.golden("evaluation_image.png"))
    let fine = try image.jpegData(quality: 100)
    expectClose(try Image(decoding: fine, from: "memory").pixels, image.pixels, tolerance: 5, "quality 100")
    #expect(try image.jpegData(quality: 60).count * 2 < fine.count)
  }

  @Test("an image that JPEG cannot hold is an error")
  func tooLong() {
    let image = Image(width: 70_000, height: 1, pixels: Array(repeating: 0, count: 210_000))
    let error = #expect(throws: ImageEncodingError.self) { try image.jpegData() }
    #expect(error?.problem.contains("65500") == true)
  }
}
