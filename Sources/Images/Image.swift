/// A photograph: 8-bit RGB, rows from the top, three interleaved bytes a pixel.
public struct Image: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// `height * width * 3` bytes.
  public var pixels: [UInt8]

  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3, "an image needs 3 bytes a pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
