import Files
import Foundation
import Images
import TestSupport
import Testing

private func bytes(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixture.golden("images/\(name)"))))
}

private func imageError(_ bytes: [UInt8]) -> FileError? {
  #expect(throws: FileError.self) { try Image(decoding: Data(bytes), from: "some/file").width }
}

private func labelError(_ name: String) -> FileError? {
  #expect(throws: FileError.self) { try LabelMap(contentsOf: Fixture.golden("images/\(name)")).width }
}

@Suite struct BrokenFileTests {
  @Test(
    "what is neither JPEG nor PNG is called by its name",
    arguments: [
      ("", "is empty"), ("GIF89a", "a GIF image"), ("RIFF1234WEBPVP8 ", "a WebP image"), ("BM1234", "a BMP image"),
      ("II*\0", "a TIFF image"), ("%PDF-1.7", "a PDF document"), (" \n<!DOCTYPE html>", "a web page"),
      ("<html><body>404", "a web page"), ("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
      ("\0\0\0\0\0\0", "filled with zeros"), ("\0\0\0 ftypavif", "an AVIF image"), ("What", "the bytes 57 68 61 74"),
    ])
  func foreign(text: String, name: String) {
    let error = imageError(Array(text.utf8))
    #expect(error?.path == "some/file")
    #expect(error?.description.contains(name) == true, "\(String(describing: error))")
    #expect(error?.description.contains("a JPEG or PNG image was expected") == true)
  }

  @Test("a missing file and a folder are errors")
  func missing() {
    #expect(#expect(throws: FileError.self) { try Image(contentsOf: "/no/such.png") }?.reason == .missing)
    #expect(#expect(throws: FileError.self) { try LabelMap(contentsOf: Fixture.root) }?.reason == .invalid)
  }

  @Test(
    "a file that ends anywhere before its last pixel is an error",
    arguments: ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "rgb.png", "interlaced.png", "palette_4.png"])
  func cutShort(name: String) throws {
    let whole = try bytes(name)
    // What follows the last pixel may be missing: see MissingEndTests.
    for count in 0..<whole.count - (name.hasSuffix("png") ? 16 : 2) {
      let error = imageError(Array(whole.prefix(count)))
      if count > 8 { #expect(error?.problem.contains("is cut short") == true, "\(name) after \(count) bytes") }
    }
  }

  @Test(
    "damaged bytes give an image or an error, never a crash",
    arguments: [
      "baseline.jpg", "progressive.jpg", "restarts.jpg", "cmyk.jpg", "rgb.png", "interlaced.png", "palette_1.png",
      "grey_alpha.png", "palette_transparent.png",
    ])
  func damaged(name: String) throws {
    let whole = try bytes(name)
    var generator = Xorshift()
    var failures = 0
    for _ in 0..<300 {
      var broken = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        broken[Int.random(in: 2..<broken.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      do throws(FileError) {
        _ = try Image(decoding: Data(broken), from: name)
        if name.hasSuffix("png") { _ = try LabelMap(decoding: Data(broken), from: name) }
      } catch {
        failures += 1
        #expect(error.path == name && !error.problem.isEmpty)
      }
    }
    #expect(failures > 0)
  }

  @Test("picture data missing in the midst of a JPEG is an error, not grey pixels")
  func damagedScan() throws {
    var broken = try bytes("baseline.jpg")
    broken.removeSubrange(broken.count - 300..<broken.count - 200)
    #expect(imageError(broken)?.problem.contains("is damaged") == true)
  }

  @Test("more pixels than are read are refused from the header")
  func tooLarge() throws {
    #expect(imageError(try bytes("huge.png"))?.problem.contains("60000 x 60000") == true)
    #expect(imageError(try jpeg(ofSide: 65000))?.problem.contains("65000 x 65000") == true)
    #expect(throws: FileError.self) { try Image.size(ofFile: Fixture.golden("images/huge.png")) }
  }

  @Test("a small file that announces many pixels is refused without decoding it")
  func bomb() throws {
    #expect(imageError(try bytes("bomb.png"))?.problem.contains("too small for the pixels") == true)
    #expect(imageError(try jpeg(ofSide: 16000))?.problem.contains("too small for the pixels") == true)
    #expect(labelError("bomb.png") != nil)
  }

  @Test("a JPEG that repeats its scans to keep a reader busy is refused")
  func manyScans() throws {
    #expect(imageError(try bytes("many_scans.jpg"))?.problem.contains("256 scans") == true)
  }

  @Test("a photograph as a label image is refused with the way out")
  func colorLabels() {
    #expect(labelError("rgb.png")?.problem.contains("PNG of RGB colours") == true)
    #expect(labelError("rgb_alpha.png")?.problem.contains("must be a palette or grey PNG") == true)
    #expect(labelError("grey_alpha.png")?.problem.contains("grey with transparency") == true)
    #expect(labelError("baseline.jpg")?.problem.contains("is a JPEG image") == true)
  }

  @Test("a 16-bit label above 255 is named with its place")
  func largeLabel() {
    #expect(labelError("grey_16_large.png")?.problem.contains("the value 300 at row 3, column 5") == true)
  }

  /// The baseline fixture with other dimensions in its frame header.
  private func jpeg(ofSide side: Int) throws -> [UInt8] {
    var bytes = try bytes("baseline.jpg")
    let frame = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    for place in [frame + 5, frame + 7] {
      bytes[place] = UInt8(side >> 8)
      bytes[place + 1] = UInt8(side & 255)
    }
    return bytes
  }
}
