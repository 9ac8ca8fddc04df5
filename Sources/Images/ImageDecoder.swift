import CJPEG
import CPNG
import Files
import Foundation

/// Calls the C decoders on the bytes of one file and turns their complaints into errors that name it.
struct ImageDecoder {
  let path: String
  let data: Data

  struct Size: Equatable {
    let width: Int
    let height: Int
    var count: Int { width * height }
  }

  func jpegSize() throws(FileError) -> Size {
    var width: UInt32 = 0
    var height: UInt32 = 0
    try jpeg { bytes, count, message in cjpeg_read_size(bytes, count, &width, &height, message) }
    return try accepted(Size(width: Int(width), height: Int(height)))
  }

  func jpegPixels() throws(FileError) -> (Size, [UInt8]) {
    let size = try jpegSize()
    var pixels = [UInt8](repeating: 0, count: size.count * 3)
    try pixels.withUnsafeMutableBufferPointer { pixels throws(FileError) in
      try jpeg { bytes, count, message in
        cjpeg_decode_rgb(bytes, count, pixels.baseAddress, pixels.count, message)
      }
    }
    return (size, pixels)
  }

  func pngHeader() throws(FileError) -> CPNGHeader {
    var header = CPNGHeader()
    try png { bytes, count, message in cpng_read_header(bytes, count, &header, message) }
    _ = try accepted(header.size)
    return header
  }

  func pngPixels() throws(FileError) -> (Size, [UInt8]) {
    let size = try pngHeader().size
    var pixels = [UInt8](repeating: 0, count: size.count * 3)
    try pixels.withUnsafeMutableBufferPointer { pixels throws(FileError) in
      try png { bytes, count, message in cpng_decode_rgb(bytes, count, pixels.baseAddress, pixels.count, message) }
    }
    return (size, pixels)
  }

  /// The samples of a palette or grey image as they are stored, two bytes each for 16 bits.
  func pngSamples(_ header: CPNGHeader) throws(FileError) -> [UInt8] {
    var samples = [UInt8](repeating: 0, count: header.size.count * (header.depth == 16 ? 2 : 1))
    try samples.withUnsafeMutableBufferPointer { samples throws(FileError) in
      try png { bytes, count, message in
        cpng_decode_samples(bytes, count, samples.baseAddress, samples.count, message)
      }
    }
    return samples
  }

  private func accepted(_ size: Size) throws(FileError) -> Size {
    guard size.count <= Image.largestPixelCount else {
      throw .invalid(
        path,
        "has \(size.width) x \(size.height) pixels, at most \(Image.largestPixelCount) are read; make the image smaller"
      )
    }
    return size
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

extension CPNGHeader {
  var size: ImageDecoder.Size { ImageDecoder.Size(width: Int(width), height: Int(height)) }
}
