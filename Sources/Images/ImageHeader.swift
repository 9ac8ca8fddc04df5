import CJPEG
import CPNG
import Files
import Foundation

/// What the header of a JPEG or PNG file says, read without decoding a pixel.
public struct ImageHeader: Sendable, Equatable {
  /// Width and height as the image is shown, its orientation applied.
  public let width: Int
  public let height: Int
  /// How the stored pixels are turned to be shown.
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

  /// What to do about labels of `width` x `height` pixels that fit the photograph as it is stored and not as it is shown;
  /// nil where they do not fit it either way, or both ways.
  public func adviceOnOrientation(forLabels width: Int, _ height: Int) -> String? {
    guard orientation.swapsSides, storedSize == (width, height), width != height else { return nil }
    return "it fits the photograph without its EXIF orientation (\(orientation.rawValue)), which is applied here as in "
      + "viewers; turn it as the photograph is shown, or remove the orientation from the photograph"
  }
}
