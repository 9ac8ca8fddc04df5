import Files
import Images

/// A scribble annotation on the disk: strokes in XML, or a palette or grey PNG whose index is the label.
public enum ScribbleFile {
  /// The scribbles of a photograph, `Label.ignored` where nothing was drawn.
  ///
  /// The file's first bytes, not its name, say which of the two formats it has. Throws when the file is in neither,
  /// when its size is not the photograph's, or when a stroke has a tag that is no class. Labels of a PNG are taken
  /// as they are. Without `photograph` any size will do. A PNG that lacks nothing but its end is read, with a warning.
  public static func read(
    _ path: String, for photograph: ImageHeader?, tags: ClassTags, _ warnings: inout [FileWarning]
  ) throws(FileError) -> LabelMap {
    let bytes = try InputFile.read(path)
    if bytes.starts(with: pngSignature) {
      return try LabelMap(decoding: bytes, from: path, &warnings) { width, height throws(FileError) in
        try check(path, width, height, photograph)
      }
    }
    guard let first = bytes.first(where: { $0 > 0x20 && !byteOrderMarks.contains($0) }) else {
      throw .invalid(path, "is empty, scribbles in XML or PNG were expected")
    }
    guard first == UInt8(ascii: "<") else {
      throw .invalid(path, "is neither XML nor PNG, the two formats that scribbles may have")
    }
    let annotation = try ScribbleAnnotation(xml: bytes, path: path)
    try check(path, annotation.width, annotation.height, photograph)
    return try annotation.rasterized(tags)
  }

  /// The scribbles of a photograph of `width` x `height` pixels, without the warnings.
  public static func read(
    _ path: String, width: Int, height: Int, tags: ClassTags
  ) throws(FileError) -> LabelMap {
    var warnings: [FileWarning] = []
    return try read(path, for: ImageHeader(width: width, height: height), tags: tags, &warnings)
  }

  private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// The bytes of the marks of UTF-8 and UTF-16.
  private static let byteOrderMarks: Set<UInt8> = [0xEF, 0xBB, 0xBF, 0xFE, 0xFF]

  private static func check(
    _ path: String, _ width: Int, _ height: Int, _ photograph: ImageHeader?
  ) throws(FileError) {
    guard let photograph, (photograph.width, photograph.height) != (width, height) else { return }
    let advice =
      photograph.adviceOnOrientation(forLabels: width, height)
      ?? "draw it again, or use the photograph that it was drawn on"
    throw .invalid(
      path,
      "is for \(width) x \(height) pixels, its photograph has \(photograph.width) x \(photograph.height); \(advice)")
  }
}
