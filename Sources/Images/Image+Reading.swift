import Files
import Foundation

extension Image {
  /// The most pixels that are decoded from one file; headers that announce more are refused before memory is taken.
  public static let largestPixelCount = 1 << 28

  /// The photograph in a JPEG or PNG file, as 8-bit RGB.
  ///
  /// Grey becomes RGB, CMYK is converted without a colour profile, 16 bits are rounded to 8, transparent pixels are
  /// laid on white. An EXIF orientation is not applied: scribbles and masks count pixels as the file stores them.
  /// Throws when the file is missing, of another format, damaged, cut short, or larger than `largestPixelCount`.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(decoding: try InputFile.read(path), from: path)
  }

  /// The photograph in these bytes of a JPEG or PNG file; `path` names them in errors.
  public init(decoding data: Data, from path: String) throws(FileError) {
    let decoder = ImageDecoder(path: path, data: data)
    let (size, pixels) =
      switch ImageFormat(of: data) {
      case .jpeg: try decoder.jpegPixels()
      case .png: try decoder.pngPixels()
      case .other(let found): throw Image.unknownFormat(path, found)
      }
    self.init(width: size.width, height: size.height, pixels: pixels)
  }

  /// Width and height of the photograph or label image at `path`, from the header of the file alone.
  public static func size(ofFile path: String) throws(FileError) -> (width: Int, height: Int) {
    let data = try InputFile.read(path)
    let decoder = ImageDecoder(path: path, data: data)
    let size =
      switch ImageFormat(of: data) {
      case .jpeg: try decoder.jpegSize()
      case .png: try decoder.pngHeader().size
      case .other(let found): throw unknownFormat(path, found)
      }
    return (size.width, size.height)
  }

  private static func unknownFormat(_ path: String, _ found: String) -> FileError {
    .invalid(path, "is \(found); a JPEG or PNG image was expected")
  }
}
