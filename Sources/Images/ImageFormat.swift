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
package struct ImageHeader: Sendable, Equatable {
  /// Width and height as the image is shown, its orientation applied.
  package let width: Int
  package let height: Int
  /// The rotation and mirroring from stored to shown pixels.
  package let orientation: ImageOrientation

  /// Throws when the file is missing, of another format, damaged before its pixels, or larger than
  /// `Image.largestPixelCount`.
  package init(contentsOf path: String) throws(FileError) {
    try self.init(decoding: try InputFile.read(path), from: path)
  }

  /// The same of these bytes of a file; `path` names them in errors.
  package init(decoding data: Data, from path: String) throws(FileError) {
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
  package init(width: Int, height: Int, orientation: ImageOrientation = .topLeft) {
    (self.width, self.height, self.orientation) = (width, height, orientation)
  }

  private init(_ stored: ImageDecoder.Size, _ orientation: ImageOrientation) {
    let (width, height) = orientation.swapsSides ? (stored.height, stored.width) : (stored.width, stored.height)
    self.init(width: width, height: height, orientation: orientation)
  }

  /// Number of pixels.
  package var pixelCount: Int { width * height }

  /// Width and height of the pixels as the file stores them.
  package var storedSize: (width: Int, height: Int) {
    orientation.swapsSides ? (height, width) : (width, height)
  }

  /// Advice for labels of `width` x `height` pixels that fit the stored photograph and not the shown one; nil where
  /// they fit neither, or both.
  package func adviceOnOrientation(forLabels width: Int, _ height: Int) -> String? {
    guard orientation.swapsSides, storedSize == (width, height), width != height else { return nil }
    return "it fits the photograph without its EXIF orientation (\(orientation.rawValue)), which is applied here as in "
      + "viewers; turn it as the photograph is shown, or remove the orientation from the photograph"
  }
}

/// The rotation and mirroring of a stored image: the value of EXIF's tag Orientation, 1...8.
///
/// The names give the positions at which the first stored row and the first stored column are shown.
package enum ImageOrientation: Int, Sendable, CaseIterable {
  case topLeft = 1
  case topRight, bottomRight, bottomLeft, leftTop, rightTop, rightBottom, leftBottom

  /// Whether the image is shown as it is stored.
  package var isUpright: Bool { self == .topLeft }

  /// Whether width and height are swapped.
  package var swapsSides: Bool { rawValue >= ImageOrientation.leftTop.rawValue }

  /// Whether the first stored row or, where sides are swapped, column is shown at the bottom.
  var startsAtBottom: Bool { [.bottomRight, .bottomLeft, .rightBottom, .leftBottom].contains(self) }

  /// Whether the first stored column or, where sides are swapped, row is shown on the right.
  var startsAtRight: Bool { [.topRight, .bottomRight, .rightTop, .rightBottom].contains(self) }

  /// The orientation in an Exif block: TIFF from its byte order on, as JPEG files hold it after "Exif" and two zeros
  /// and PNG files in the chunk eXIf ("Exchangeable image file format for digital still cameras", CIPA DC-008, 4.6).
  ///
  /// Upright where the block is damaged or has no orientation.
  init(exif: some RandomAccessCollection<UInt8>) {
    self = ExifBlock(Array(exif.prefix(ExifBlock.longest)))?.orientation ?? .topLeft
  }
}

/// The first directory of a TIFF file.
private struct ExifBlock {
  /// No offset in a segment of a JPEG file is larger; larger ones in PNG chunks are not followed.
  static let longest = 1 << 16

  private let bytes: [UInt8]
  private let isBigEndian: Bool

  /// Nil where the bytes do not begin as TIFF does.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    switch bytes.prefix(4) {
    case [0x49, 0x49, 0x2A, 0]: isBigEndian = false
    case [0x4D, 0x4D, 0, 0x2A]: isBigEndian = true
    default: return nil
    }
  }

  /// The value of tag 0x0112: one number of 16 bits; some writers use 8 or 32.
  var orientation: ImageOrientation? {
    guard let directory = number(at: 4, size: 4), let count = number(at: directory, size: 2) else { return nil }
    let entrySize = 12
    for entry in 0..<count {
      let start = directory + 2 + entrySize * entry
      guard let tag = number(at: start, size: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      let sizes = [1: 1, 3: 2, 4: 4]
      guard let type = number(at: start + 2, size: 2), let size = sizes[type], number(at: start + 4, size: 4) == 1,
        let value = number(at: start + 8, size: size)
      else { return nil }
      return ImageOrientation(rawValue: value)
    }
    return nil
  }

  /// The number of `size` bytes at `offset`; nil beyond the end.
  private func number(at offset: Int, size: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    let digits = bytes[offset..<offset + size]
    return (isBigEndian ? Array(digits) : digits.reversed()).reduce(0) { $0 << 8 | Int($1) }
  }
}

extension Image {
  /// The image as it is shown, from the pixels as they are stored.
  package func turned(by orientation: ImageOrientation) -> Image {
    if orientation.isUpright { return self }
    let (stored, swaps) = ((width: width, height: height), orientation.swapsSides)
    let (newWidth, newHeight) = swaps ? (height, width) : (width, height)
    // The index of the first stored pixel in the result, and the distances between stored rows and between columns
    // there.
    let across = orientation.startsAtRight ? -3 : 3
    let down = orientation.startsAtBottom ? -3 * newWidth : 3 * newWidth
    let first =
      (orientation.startsAtRight ? 3 * (newWidth - 1) : 0)
      + (orientation.startsAtBottom ? 3 * newWidth * (newHeight - 1) : 0)
    let (rowStep, columnStep) = swaps ? (across, down) : (down, across)
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { turned, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        guard let from = pixels.baseAddress, let to = turned.baseAddress else { return }
        // In square blocks, so that pixels read along rows and written along columns stay in the cache.
        for top in stride(from: 0, to: stored.height, by: Image.square) {
          for left in stride(from: 0, to: stored.width, by: Image.square) {
            for y in top..<min(top + Image.square, stored.height) {
              var source = from + 3 * (y * stored.width + left)
              var target = to + (first + y * rowStep + left * columnStep)
              for _ in left..<min(left + Image.square, stored.width) {
                (target[0], target[1], target[2]) = (source[0], source[1], source[2])
                source += 3
                target += columnStep
              }
            }
          }
        }
      }
      initialized = pixels.count
    }
    return Image(width: newWidth, height: newHeight, pixels: turned)
  }

  /// Side of the blocks in which pixels are copied.
  private static let square = 64
}
