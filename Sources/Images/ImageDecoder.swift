import CJPEG
import CPNG
import Files
import Foundation

/// Calls the C decoders on the bytes of one file and turns their failures into errors that name it.
struct ImageDecoder {
  let path: String
  let data: Data

  struct Size: Equatable {
    let width: Int
    let height: Int
    var count: Int { width * height }
  }

  func jpegHeader() throws(FileError) -> CJPEGHeader {
    var header = CJPEGHeader()
    try jpeg { bytes, count, message in cjpeg_read_header(bytes, count, &header, message) }
    try requireReadable(header.size)
    return header
  }

  /// The pixels as the file stores them. A file that lacks nothing but its end adds a warning.
  func jpegPixels(_ warnings: inout [FileWarning]) throws(FileError) -> (CJPEGHeader, [UInt8]) {
    let header = try jpegHeader()
    var pixels = [UInt8](repeating: 0, count: header.size.count * 3)
    var lacksEnd: Int32 = 0
    try pixels.withUnsafeMutableBufferPointer { pixels throws(FileError) in
      try jpeg { bytes, count, message in
        cjpeg_decode_rgb(bytes, count, pixels.baseAddress, pixels.count, &lacksEnd, message)
      }
    }
    if lacksEnd != 0 { warnings.append(withoutEnd("end-of-image marker")) }
    return (header, pixels)
  }

  func pngHeader() throws(FileError) -> CPNGHeader {
    var header = CPNGHeader()
    try png { bytes, count, message in cpng_read_header(bytes, count, &header, message) }
    try requireReadable(header.size)
    return header
  }

  /// The pixels as the file stores them. A file that lacks nothing but its end adds a warning.
  func pngPixels(_ warnings: inout [FileWarning]) throws(FileError) -> (CPNGHeader, [UInt8]) {
    let header = try pngHeader()
    var pixels = [UInt8](repeating: 0, count: header.size.count * 3)
    var lacksEnd: Int32 = 0
    try pixels.withUnsafeMutableBufferPointer { pixels throws(FileError) in
      try png { bytes, count, message in
        cpng_decode_rgb(bytes, count, pixels.baseAddress, pixels.count, &lacksEnd, message)
      }
    }
    if lacksEnd != 0 { warnings.append(withoutEnd("last chunk")) }
    return (header, pixels)
  }

  /// The samples of a palette or grey image as they are stored, two bytes each for 16 bits.
  func pngSamples(_ header: CPNGHeader, _ warnings: inout [FileWarning]) throws(FileError) -> [UInt8] {
    var samples = [UInt8](repeating: 0, count: header.size.count * (header.depth == 16 ? 2 : 1))
    var lacksEnd: Int32 = 0
    try samples.withUnsafeMutableBufferPointer { samples throws(FileError) in
      try png { bytes, count, message in
        cpng_decode_samples(bytes, count, samples.baseAddress, samples.count, &lacksEnd, message)
      }
    }
    if lacksEnd != 0 { warnings.append(withoutEnd("last chunk")) }
    return samples
  }

  /// The orientation in an Exif block of `count` bytes from `start` on; upright where there is none.
  func orientation(_ start: Int, _ count: Int) -> ImageOrientation {
    data.withUnsafeBytes { bytes in ImageOrientation(exif: bytes.dropFirst(start).prefix(count)) }
  }

  private func requireReadable(_ size: Size) throws(FileError) {
    guard size.count <= Image.largestPixelCount else {
      throw .invalid(
        path,
        "has \(size.width) x \(size.height) pixels, at most \(Image.largestPixelCount) are read; make the image smaller"
      )
    }
  }

  private func withoutEnd(_ end: String) -> FileWarning {
    FileWarning(
      path, "ends after its last pixel, without the \(end); it is read, and should be copied again if it was cut short")
  }

  private typealias Call<Status> = (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<CChar>?) -> Status

  private func jpeg(_ call: Call<CJPEGStatus>) throws(FileError) {
    let (status, message) = run(CJPEG_MESSAGE_SIZE, call)
    switch status {
    case CJPEG_OK: return
    case CJPEG_CUT_SHORT: throw cutShort(message)
    case CJPEG_UNSUPPORTED:
      throw .invalid(path, "is a JPEG of a kind that is not read (\(message)); save it as a baseline RGB JPEG")
    case CJPEG_NO_MEMORY: throw noMemory
    default: throw damaged(message)
    }
  }

  private func png(_ call: Call<CPNGStatus>) throws(FileError) {
    let (status, message) = run(CPNG_MESSAGE_SIZE, call)
    switch status {
    case CPNG_OK: return
    case CPNG_CUT_SHORT: throw cutShort(message)
    case CPNG_NO_MEMORY: throw noMemory
    default: throw damaged(message)
    }
  }

  private func run<Status>(_ messageSize: Int, _ call: Call<Status>) -> (Status, String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: messageSize) { message in
      message.initialize(repeating: 0)
      let status = data.withUnsafeBytes { bytes in
        call(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, message.baseAddress)
      }
      let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return (status, text)
    }
  }

  private func cutShort(_ message: String) -> FileError {
    .invalid(path, "is cut short after \(data.count) bytes: \(message); copy or download it again")
  }

  private func damaged(_ message: String) -> FileError {
    .invalid(path, "is damaged: \(message); copy or download it again")
  }

  private var noMemory: FileError { FileError(path, .inaccessible, "needs more memory than there is to be decoded") }
}

extension CJPEGHeader {
  var size: ImageDecoder.Size { ImageDecoder.Size(width: Int(width), height: Int(height)) }
}

extension CPNGHeader {
  var size: ImageDecoder.Size { ImageDecoder.Size(width: Int(width), height: Int(height)) }
}

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
