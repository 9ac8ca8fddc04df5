import CJPEG
import CPNG
import Files
import Foundation

/// Calls the C encoders and takes ownership of the bytes that they return.
enum ImageEncoder {
  /// A PNG of interleaved RGB or, with a palette of 1 to 256 RGB colours, of indices into it, each colour with its
  /// opacity where `opacities` are given.
  static func png(
    _ pixels: [UInt8], width: Int, height: Int, palette: [UInt8]?, opacities: [UInt8]? = nil
  ) throws(ImageEncodingError) -> Data {
    try data(messageSize: CPNG_MESSAGE_SIZE) { bytes, count, message in
      let (width, height) = (UInt32(clamping: width), UInt32(clamping: height))
      let colors = Int32(clamping: (palette?.count ?? 0) / 3)
      // The compiler has no pointer to an optional array.
      let status =
        switch (palette, opacities) {
        case (let palette?, let opacities?):
          cpng_encode(pixels, width, height, palette, opacities, colors, &bytes, &count, message)
        case (let palette?, nil):
          cpng_encode(pixels, width, height, palette, nil, colors, &bytes, &count, message)
        case (nil, _):
          cpng_encode(pixels, width, height, nil, nil, 0, &bytes, &count, message)
        }
      return status == CPNG_OK
    }
  }

  /// A JPEG of interleaved RGB; `quality` is 1...100.
  static func jpeg(
    _ pixels: [UInt8], width: Int, height: Int, quality: Int
  ) throws(ImageEncodingError) -> Data {
    try data(messageSize: CJPEG_MESSAGE_SIZE) { bytes, count, message in
      cjpeg_encode_rgb(
        pixels, UInt32(clamping: width), UInt32(clamping: height), Int32(clamping: quality), &bytes, &count, message)
        == CJPEG_OK
    }
  }

  private static func data(
    messageSize: Int, _ encode: (inout UnsafeMutablePointer<UInt8>?, inout Int, UnsafeMutablePointer<CChar>) -> Bool
  ) throws(ImageEncodingError) -> Data {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var message = [CChar](repeating: 0, count: messageSize)
    let done = message.withUnsafeMutableBufferPointer { message in
      message.baseAddress.map { encode(&bytes, &count, $0) } ?? false
    }
    guard done, let bytes else {
      throw ImageEncodingError(
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return Data(bytesNoCopy: bytes, count: count, deallocator: .free)
  }

  /// The encoder's bytes; its failure is rethrown as an error that names the file to be written.
  static func bytes(for path: String, _ encode: () throws(ImageEncodingError) -> Data) throws(FileError) -> Data {
    do throws(ImageEncodingError) {
      return try encode()
    } catch {
      throw FileError(path, .inaccessible, "cannot be written (\(error.problem))")
    }
  }
}

/// An image that its format or the memory cannot hold.
public struct ImageEncodingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The encoder's message, without a full stop.
  public let problem: String

  init(_ problem: String) { self.problem = problem }

  public var description: String { "the image cannot be encoded: \(problem)." }
}
