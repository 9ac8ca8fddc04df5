import CJPEG
import CPNG
import Files
import Foundation

/// The format of an image file, by its first bytes.
package enum ImageFormat: Equatable {
  case jpeg
  case png
  /// Neither; the text completes the sentence "the file is ...".
  case other(String)

  package init(of data: Data) {
    let head = [UInt8](data.prefix(64))
    if head.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else {
      self = .other(ImageFormat.description(ofHead: head))
    }
  }

  private static let names: [(magic: String, name: String)] = [
    ("GIF8", "a GIF image"), ("BM", "a BMP image"), ("II*\0", "a TIFF image"), ("MM\0*", "a TIFF image"),
    ("%PDF", "a PDF document"), ("PK\u{3}\u{4}", "a zip archive"), ("\u{1F}", "a gzip archive"),
    ("version https://git-lfs", "a Git LFS pointer, not the image itself"),
  ]

  private static func description(ofHead head: [UInt8]) -> String {
    if head.isEmpty { return "empty" }
    if head.allSatisfy({ $0 == 0 }) { return "filled with zeros, as after a broken copy" }
    let text = String(decoding: head, as: Unicode.ASCII.self)
    if text.hasPrefix("RIFF"), text.dropFirst(8).hasPrefix("WEBP") { return "a WebP image" }
    if text.dropFirst(4).hasPrefix("ftyp") {
      return text.dropFirst(8).hasPrefix("avif") ? "an AVIF image" : "a HEIF image or a video"
    }
    if text.dropFirst(4).hasPrefix("jP  ") { return "a JPEG 2000 image" }
    for (magic, name) in names where text.unicodeScalars.starts(with: magic.unicodeScalars) { return name }
    let page = text.drop { !$0.isASCII || $0.isWhitespace || $0 == "\u{FFFD}" }.lowercased()
    if page.hasPrefix("<!doctype html") || page.hasPrefix("<html") {
      return "a web page, as a failed download leaves behind"
    }
    let bytes = head.prefix(4).map { String(format: "%02X", $0) }.joined(separator: " ")
    return "of an unknown format (it begins with the bytes \(bytes))"
  }
}

/// The header of a JPEG or PNG file, read without decoding a pixel.
public struct ImageHeader: Sendable, Equatable {
  /// Width and height as the image is shown, its orientation applied.
  public let width: Int
  public let height: Int
  /// The rotation and mirroring from stored to shown pixels.
  public let orientation: ImageOrientation

  /// Throws when the file is missing, of another format, damaged before its pixels, or larger than
  /// `Image.largestPixelCount`.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(decoding: try InputFile.read(path), from: path)
  }

  /// The same of these bytes of a file; `path` names them in errors.
  public init(decoding data: Data, from path: String) throws(FileError) {
    let decoder = ImageDecoder(path: path, data: data)
    switch ImageFormat(of: data) {
    case .jpeg:
      let header = try decoder.jpegHeader()
      self.init(header.size, decoder.orientation(header.exif_start, header.exif_count))
    case .png:
      let header = try decoder.pngHeader()
      self.init(header.size, decoder.orientation(header.exif_start, header.exif_count))
    case .other(let found): throw .invalid(path, "is \(found); a JPEG or PNG image was expected")
    }
  }

  /// The header of an image that is shown with `width` x `height` pixels.
  public init(width: Int, height: Int, orientation: ImageOrientation = .topLeft) {
    (self.width, self.height, self.orientation) = (width, height, orientation)
  }

  private init(_ stored: ImageDecoder.Size, _ orientation: ImageOrientation) {
    let (width, height) = orientation.swapsSides ? (stored.height, stored.width) : (stored.width, stored.height)
    self.init(width: width, height: height, orientation: orientation)
  }

  /// Number of pixels.
  public var pixelCount: Int { width * height }

  /// Width and height of the pixels as the file stores them.
  public var storedSize: (width: Int, height: Int) {
    orientation.swapsSides ? (height, width) : (width, height)
  }

  /// Advice for labels of `width` x `height` pixels that fit the stored photograph and not the shown one; nil where
  /// they fit neither, or both.
  public func adviceOnOrientation(forLabels width: Int, _ height: Int) -> String? {
    guard orientation.swapsSides, storedSize == (width, height), width != height else { return nil }
    return "it fits the photograph without its EXIF orientation (\(orientation.rawValue)), which is applied here as in "
      + "viewers; turn it as the photograph is shown, or remove the orientation from the photograph"
  }
}
