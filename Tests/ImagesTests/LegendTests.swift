import Foundation
import Images
import Testing

@Suite struct LegendTests {
  private let ground: UInt8 = 100

  private func picture(_ width: Int, _ height: Int) -> (image: Image, map: LabelMap) {
    (
      Image(width: width, height: height, pixels: Array(repeating: ground, count: width * height * 3)),
      LabelMap(width: width, height: height, filledWith: 0)
    )
  }

  /// Where a picture differs from its ground: columns and rows.
  private func changed(_ image: Image) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>)? {
    let places = (0..<image.width * image.height).filter { i in
      image.pixels[3 * i..<3 * i + 3].contains { $0 != ground }
    }
    let (columns, rows) = (places.map { $0 % image.width }, places.map { $0 / image.width })
    guard let left = columns.min(), let right = columns.max(), let top = rows.min(), let bottom = rows.max() else {
      return nil
    }
    return (left...right, top...bottom)
  }

  private func count(_ color: Color, in image: Image) -> Int {
    stride(from: 0, to: image.pixels.count, by: 3).count {
      image.pixels[$0..<$0 + 3].elementsEqual([color.red, color.green, color.blue])
    }
  }

  @Test("a legend has a swatch of each colour and letters, at the bottom left")
  func contents() throws {
    let (image, map) = picture(400, 300)
    let (red, blue) = (Color(250, 0, 0), Color(0, 0, 250))
    let result = image.adding(legend: [.init("leaf", red), .init("soil", blue)], sparing: map)
    #expect((result.width, result.height) == (400, 300))
    #expect(count(red, in: result) >= 36 && count(blue, in: result) >= 36)
    #expect(count(Color(255, 255, 255), in: result) > 15)
    let place = try #require(changed(result))
    #expect(place.columns.upperBound < 200 && place.rows.lowerBound > 200)
  }

  @Test("it keeps clear of what is shown")
  func corner() throws {
    let image = picture(400, 300).image
    var map = picture(400, 300).map
    for y in 0..<300 { for x in 0..<400 where y > 150 || x < 200 { map.labels[y * 400 + x] = 1 } }
    let place = try #require(changed(image.adding(legend: [.init("leaf", Color(250, 0, 0))], sparing: map)))
    #expect(place.columns.lowerBound > 200 && place.rows.upperBound < 150)
  }

  @Test("its letters grow with the picture")
  func scale() throws {
    let heights = try [400, 1600].map { side in
      let (image, map) = picture(side, side)
      let place = try #require(changed(image.adding(legend: [.init("leaf", Color(250, 0, 0))], sparing: map)))
      return Double(place.rows.count)
    }
    #expect(abs(heights[1] / heights[0] - 4) < 0.3, "\(heights)")
  }

  @Test("more classes than there is room for take less than half of the picture")
  func many() throws {
    let (image, map) = picture(300, 200)
    let entries = (1...60).map { Image.LegendEntry("class number \($0)", ColorMap.bright[UInt8($0)]) }
    let place = try #require(changed(image.adding(legend: entries, sparing: map)))
    #expect(place.rows.count < 100)
  }

  @Test(
    "a picture too small for letters stays as it is, of whatever shape",
    arguments: [(1, 1), (20, 20), (2000, 3), (3, 2000)])
  func small(width: Int, height: Int) {
    let (image, map) = picture(width, height)
    #expect(image.adding(legend: [.init("leaf", Color(250, 0, 0))], sparing: map) == image)
  }

  @Test("different names look different, accents included, and unknown letters still leave a mark")
  func letters() {
    func drawn(_ name: String) -> Image {
      let (image, map) = picture(400, 100)
      return image.adding(legend: [.init(name, Color(250, 0, 0))], sparing: map)
    }
    let printable = (33...126).map { String(UnicodeScalar(UInt8($0))) }
    let names = printable + ["ä", "ö", "Ä", "é", "è", "ñ", "ç", "å", "š", "ß", "ø"]
    // The apostrophe of typewriters and that of printers are one.
    #expect(Set(names.map { drawn($0).pixels }).count == names.count)
    for name in ["猫", "лист", "\u{1F600}"] { #expect(drawn(name) != drawn(" "), "\(name)") }
  }
}
