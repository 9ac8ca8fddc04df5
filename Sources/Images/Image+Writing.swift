import Files
import Foundation

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
