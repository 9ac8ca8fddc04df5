import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite("The orientation of photographs") struct OrientationTests {
  /// Sides that are no multiple of the squares in which pixels change places.
  private static let stored = image(width: 71, height: 130)

  private static func image(width: Int, height: Int) -> Image {
    var generator = Xorshift()
    let pixels = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    return Image(width: width, height: height, pixels: pixels)
  }

  /// What viewers show, pixel by pixel, after the standard's table of where row 0 and column 0 lie.
  private func shown(_ image: Image, _ orientation: ImageOrientation) -> Image {
    let (right, bottom) = (image.width - 1, image.height - 1)
    let size = orientation.rawValue < 5 ? (image.width, image.height) : (image.height, image.width)
    var pixels: [UInt8] = []
    for y in 0..<size.1 {
      for x in 0..<size.0 {
        let (column, row) =
          switch orientation {
          case .topLeft: (x, y)
          case .topRight: (right - x, y)
          case .bottomRight: (right - x, bottom - y)
          case .bottomLeft: (x, bottom - y)
          case .leftTop: (y, x)
          case .rightTop: (y, bottom - x)
          case .rightBottom: (right - y, bottom - x)
          case .leftBottom: (right - y, x)
          }
        let place = 3 * (row * image.width + column)
        pixels += image.pixels[place..<place + 3]
      }
    }
    return Image(width: size.0, height: size.1, pixels: pixels)
  }

  @Test("a small image is turned as the standard's table says")
  func small() {
    let image = Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(image.turned(by: .topRight).pixels == [4, 5, 6, 1, 2, 3])
    // Photographs of phones held upright: the first stored column is shown as the first row.
    let upright = image.turned(by: .rightTop)
    #expect((upright.width, upright.height) == (1, 2))
    #expect(upright.pixels == [1, 2, 3, 4, 5, 6])
    #expect(image.turned(by: .leftBottom).pixels == [4, 5, 6, 1, 2, 3])
  }

  @Test("a JPEG is read as viewers show it, in both byte orders", arguments: ImageOrientation.allCases, [false, true])
  func jpeg(_ orientation: ImageOrientation, bigEndian: Bool) throws {
    let bytes = Array(try Self.stored.jpegData(quality: 95))
    let plain = try Image(decoding: Data(bytes), from: "plain.jpg")
    let turned = ExifBlock.inserted(ExifBlock.bytes(orientation.rawValue, bigEndian: bigEndian), intoJPEG: bytes)
    try expectTurned(turned, orientation, plain)
  }

  @Test(
    "a PNG is read as viewers show it, wherever its chunk stands", arguments: ImageOrientation.allCases, [false, true])
  func png(_ orientation: ImageOrientation, atEnd: Bool) throws {
    let block = ExifBlock.bytes(orientation.rawValue, bigEndian: true)
    let turned = ExifBlock.inserted(block, intoPNG: Array(try Self.stored.pngData()), atEnd: atEnd)
    try expectTurned(turned, orientation, Self.stored)
  }

  private func expectTurned(_ bytes: [UInt8], _ orientation: ImageOrientation, _ stored: Image) throws {
    let expected = shown(stored, orientation)
    let found = try Image(decoding: Data(bytes), from: "turned")
    #expect((found.width, found.height) == (expected.width, expected.height))
    #expect(found.pixels == expected.pixels)
    let header = try ImageHeader(decoding: Data(bytes), from: "turned")
    #expect((header.width, header.height) == (expected.width, expected.height))
    #expect(header.storedSize == (stored.width, stored.height))
    #expect(header.orientation == orientation)
  }

  @Test("an orientation of 8 or 32 bits is understood", arguments: [1, 4])
  func otherTypes(_ type: Int) throws {
    let block = ExifBlock.bytes(6, bigEndian: false, type: type)
    let bytes = ExifBlock.inserted(block, intoPNG: Array(try Self.stored.pngData()))
    #expect(try ImageHeader(decoding: Data(bytes), from: "turned").orientation == .rightTop)
  }

  @Test("a broken Exif block is no error and turns nothing")
  func broken() throws {
    let sound = ExifBlock.bytes(6, bigEndian: false)
    var blocks: [[UInt8]] = [0, 9, 255, 65_535].map { ExifBlock.bytes($0, bigEndian: true) }
    blocks.append(ExifBlock.bytes(6, bigEndian: true, count: 2))
    blocks.append(ExifBlock.bytes(6, bigEndian: true, type: 2))
    // A directory that lies beyond the end, before the start and around the whole block, and one without end.
    for offset: [UInt8] in [[255, 255, 255, 255], [255, 255, 255, 127], [0, 1, 0, 0]] {
      blocks.append(Array(sound[..<4]) + offset + sound[8...])
    }
    blocks.append(Array(sound[..<8]) + [255, 255, 0x0F, 1])
    // The value of the orientation ends 8 bytes before the block.
    blocks += (0..<sound.count - 6).map { Array(sound[..<$0]) }
    let (jpeg, png) = (Array(try Self.stored.jpegData()), Array(try Self.stored.pngData()))
    let plain = try Image(decoding: Data(jpeg), from: "plain.jpg")
    for block in blocks {
      #expect(try Image(decoding: Data(ExifBlock.inserted(block, intoJPEG: jpeg)), from: "a") == plain, "\(block)")
      #expect(try Image(decoding: Data(ExifBlock.inserted(block, intoPNG: png)), from: "a") == Self.stored, "\(block)")
    }
  }

  @Test("the first Exif segment of a JPEG counts, and other segments of its kind are passed over")
  func otherSegments() throws {
    let plain = Array(try Self.stored.jpegData())
    let mirrored = ExifBlock.inserted(ExifBlock.bytes(2, bigEndian: false), intoJPEG: plain)
    let first = ExifBlock.inserted(ExifBlock.bytes(8, bigEndian: false), intoJPEG: mirrored)
    let note = Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8)
    let bytes = Array(first[..<2]) + [0xFF, 0xE1, 0, UInt8(note.count + 2)] + note + first[2...]
    #expect(try ImageHeader(decoding: Data(bytes), from: "a").orientation == .leftBottom)
  }

  @Test("a label image that viewers would turn is refused")
  func labels() throws {
    let png = Array(try LabelMap(width: 5, height: 3, filledWith: 1).palettePNGData())
    let upright = ExifBlock.inserted(ExifBlock.bytes(1, bigEndian: true), intoPNG: png)
    #expect(try LabelMap(decoding: Data(upright), from: "a.png").labels.allSatisfy { $0 == 1 })
    let turned = ExifBlock.inserted(ExifBlock.bytes(3, bigEndian: true), intoPNG: png)
    let error = #expect(throws: FileError.self) { try LabelMap(decoding: Data(turned), from: "a.png").width }
    #expect(error?.problem.contains("has the EXIF orientation 3") == true)
  }

  @Test("labels drawn on the stored pixels of a turned photograph bring the advice with them")
  func advice() {
    let turned = ImageHeader(width: 480, height: 640, orientation: .rightTop)
    #expect(turned.adviceOnOrientation(forLabels: 640, 480)?.contains("without its EXIF orientation (6)") == true)
    #expect(turned.adviceOnOrientation(forLabels: 480, 640) == nil)
    #expect(turned.adviceOnOrientation(forLabels: 100, 100) == nil)
    #expect(ImageHeader(width: 480, height: 640).adviceOnOrientation(forLabels: 640, 480) == nil)
  }
}
