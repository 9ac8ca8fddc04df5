import Files
import Foundation

/// A photograph: 8-bit RGB, rows from the top, three interleaved bytes per pixel.
public struct Image: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// `height * width * 3` bytes.
  public var pixels: [UInt8]

  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3, "an image needs 3 bytes per pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

extension Image {
  /// The most pixels that are decoded from one file; a header that declares more is refused before memory is allocated.
  public static let largestPixelCount = 1 << 28

  /// The photograph in a JPEG or PNG file, as 8-bit RGB.
  ///
  /// Grey becomes RGB, CMYK is converted without a colour profile, 16 bits are rounded to 8, transparent pixels are
  /// composited onto white. An EXIF orientation is applied, so that the photograph has the size and the pixels that
  /// viewers show. Throws when the file is missing, of another format, damaged, cut short, or larger than
  /// `largestPixelCount`.
  public init(contentsOf path: String) throws(FileError) {
    var warnings: [FileWarning] = []
    try self.init(contentsOf: path, &warnings)
  }

  /// The same; a file that lacks nothing but its end marker adds one to `warnings`.
  public init(contentsOf path: String, _ warnings: inout [FileWarning]) throws(FileError) {
    try self.init(decoding: try InputFile.read(path), from: path, &warnings)
  }

  /// The photograph in these bytes of a JPEG or PNG file; `path` names them in errors.
  public init(decoding data: Data, from path: String) throws(FileError) {
    var warnings: [FileWarning] = []
    try self.init(decoding: data, from: path, &warnings)
  }

  /// The same; bytes that lack nothing but the end marker add one to `warnings`.
  public init(decoding data: Data, from path: String, _ warnings: inout [FileWarning]) throws(FileError) {
    let decoder = ImageDecoder(path: path, data: data)
    let stored: Image
    let orientation: ImageOrientation
    switch ImageFormat(of: data) {
    case .jpeg:
      let (header, pixels) = try decoder.jpegPixels(&warnings)
      stored = Image(width: header.size.width, height: header.size.height, pixels: pixels)
      orientation = decoder.orientation(header.exif_start, header.exif_count)
    case .png:
      let (header, pixels) = try decoder.pngPixels(&warnings)
      stored = Image(width: header.size.width, height: header.size.height, pixels: pixels)
      orientation = decoder.orientation(header.exif_start, header.exif_count)
    case .other(let found): throw .invalid(path, "is \(found); a JPEG or PNG image was expected")
    }
    self = stored.turned(by: orientation)
  }

  /// Width and height of the photograph or label image at `path` as it is shown, from the header of the file alone.
  public static func size(ofFile path: String) throws(FileError) -> (width: Int, height: Int) {
    let header = try ImageHeader(contentsOf: path)
    return (header.width, header.height)
  }
}

extension Image {
  /// The bytes of a PNG file of this image.
  public func pngData() throws(ImageEncodingError) -> Data {
    try ImageEncoder.png(pixels, width: width, height: height, palette: nil)
  }

  /// The bytes of a JPEG file of this image.
  ///
  /// `quality` is 1...100; from 90 on, colour keeps the full resolution. A side has at most 65,500 pixels.
  public func jpegData(quality: Int = 90) throws(ImageEncodingError) -> Data {
    try ImageEncoder.jpeg(pixels, width: width, height: height, quality: quality)
  }

  /// Writes a PNG file, whole or not at all.
  public func write(png path: String) throws(FileError) {
    try OutputFile.write(ImageEncoder.bytes(for: path) { () throws(ImageEncodingError) in try pngData() }, to: path)
  }
}

/// The views of a photograph whose predictions are averaged (Docs/Method.md, "Evaluation").
public struct Views: Sendable, Equatable, Codable {
  /// Factors by which the sides are resized, all above 0.
  public var scales: [Double]
  /// Whether each scale is also predicted mirrored.
  public var mirror: Bool

  public init(scales: [Double], mirror: Bool) {
    precondition(!scales.isEmpty && scales.allSatisfy { $0 > 0 }, "views need a scale above 0")
    self.scales = scales
    self.mirror = mirror
  }

  /// The photograph itself, once.
  public static let single = Views(scales: [1], mirror: false)
  /// Four scales, each also mirrored, as in the paper.
  public static let published = Views(scales: [0.5, 0.75, 1, 1.25], mirror: true)

  /// Number of pixels of all views over that of the photograph: about how much longer they take.
  public var cost: Double { scales.reduce(0) { $0 + $1 * $1 } * (mirror ? 2 : 1) }

  /// Number of views.
  public var count: Int { scales.count * (mirror ? 2 : 1) }
}
