import Foundation

/// What a file's first bytes say it is.
enum ImageFormat: Equatable {
  case jpeg
  case png
  /// Neither; the text completes the sentence "the file is ...".
  case other(String)

  init(of data: Data) {
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
