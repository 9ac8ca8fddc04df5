import Files
import Images
import TestSupport
import Testing

private func fixture(_ name: String) -> String { Fixture.golden("images/\(name)") }

private func expected(_ name: String) throws -> SafetensorsFixture.Entry {
  try SafetensorsFixture(fixture("expected.safetensors"))(name)
}

@Suite struct DecodingTests {
  @Test(
    "a JPEG decodes to the pixels that Pillow decodes",
    arguments: ["baseline", "full_color", "progressive", "restarts", "grey"])
  func jpeg(name: String) throws {
    let image = try Image(contentsOf: fixture("\(name).jpg"))
    #expect(image.width == 37 && image.height == 29)
    expectClose(image.pixels, try expected("jpeg.\(name)").uint8s, tolerance: 0, name)
  }

  @Test("a CMYK JPEG with Adobe's inverted inks becomes RGB within one grey level of Pillow")
  func cmyk() throws {
    let image = try Image(contentsOf: fixture("cmyk.jpg"))
    expectClose(image.pixels, try expected("jpeg.cmyk").uint8s, tolerance: 1, "cmyk")
  }

  @Test("stray bytes between the segments of a JPEG are harmless")
  func strayBytes() throws {
    let image = try Image(contentsOf: fixture("stray_bytes.jpg"))
    expectClose(image.pixels, try expected("jpeg.baseline").uint8s, tolerance: 0, "stray bytes")
  }

  @Test("an EXIF orientation is applied to the pixels that Pillow decodes")
  func orientation() throws {
    #expect(try Image.size(ofFile: fixture("turned.jpg")) == (29, 37))
    let stored = Image(width: 37, height: 29, pixels: try expected("jpeg.turned").uint8s)
    let image = try Image(contentsOf: fixture("turned.jpg"))
    #expect((image.width, image.height) == (29, 37))
    expectClose(image.pixels, stored.turned(by: .rightTop).pixels, tolerance: 0, "turned")
  }

  @Test(
    "a PNG decodes to 8-bit RGB",
    arguments: [
      "grey_1", "grey_2", "grey_4", "grey_8", "palette_1", "palette_2", "palette_4", "palette_8", "rgb", "rgb_16",
      "rgb_alpha", "grey_alpha", "palette_transparent",
    ])
  func png(name: String) throws {
    let image = try Image(contentsOf: fixture("\(name).png"))
    #expect(image.width == 37 && image.height == 29)
    expectClose(image.pixels, try expected("png.\(name)").uint8s, tolerance: 0, name)
  }

  @Test("an interlaced PNG decodes to the pixels of the plain one")
  func interlaced() throws {
    #expect(try Image(contentsOf: fixture("interlaced.png")) == Image(contentsOf: fixture("rgb.png")))
  }

  @Test("a label PNG gives indices and grey values as stored", arguments: [1, 2, 4, 8])
  func labels(depth: Int) throws {
    let indices = try expected("label.\(depth)").uint8s
    for kind in ["palette", "grey"] {
      let map = try LabelMap(contentsOf: fixture("\(kind)_\(depth).png"))
      #expect(map.width == 37 && map.height == 29)
      expectClose(map.labels, indices, tolerance: 0, "\(kind) \(depth)")
    }
  }

  @Test("interlaced labels and 16-bit labels up to 255 give the same indices")
  func unusualLabels() throws {
    let indices = try expected("label.4").uint8s
    for name in ["palette_interlaced", "grey_16"] {
      expectClose(try LabelMap(contentsOf: fixture("\(name).png")).labels, indices, tolerance: 0, name)
    }
  }

  @Test("a transparent palette entry leaves its index alone")
  func transparentIndex() throws {
    let map = try LabelMap(contentsOf: fixture("palette_transparent.png"))
    #expect(Set(map.labels) == [0, 1])
  }

  @Test("a header's size is read without its pixels")
  func sizes() throws {
    #expect(try Image.size(ofFile: fixture("progressive.jpg")) == (37, 29))
    #expect(try Image.size(ofFile: fixture("palette_2.png")) == (37, 29))
    #expect(try Image.size(ofFile: fixture("bomb.png")) == (16000, 16000))
  }

  @Test("the demo's photographs and masks have the same sizes, and masks hold 0, 1, 2 and 255 only")
  func demo() throws {
    let masks = try InputFile.names(inFolder: Fixture.demo("SegmentationClass"))
    #expect(masks.count == 100)
    for mask in masks {
      let photo = mask.replacing(".png", with: ".jpg")
      let map = try LabelMap(contentsOf: Fixture.demo("SegmentationClass/\(mask)"))
      #expect(try Image.size(ofFile: Fixture.demo("JPEGImages/\(photo)")) == (map.width, map.height), "\(mask)")
      #expect(Set(map.labels).isSubset(of: [0, 1, 2, 255]), "\(mask)")
    }
  }
}
