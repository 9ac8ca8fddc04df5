import Files
import Images

/// A scribble annotation on the disk: strokes in XML, or a palette or grey PNG whose index is the label.
public enum ScribbleFile {
  /// The scribbles of a photograph of `width` x `height` pixels, `Label.ignored` where nothing was drawn.
  ///
  /// The file's first bytes, not its name, say which of the two formats it has. Throws when the file is in neither,
  /// when its size is not the photograph's, or when a stroke has a tag that is no class. Labels of a PNG are taken
  /// as they are.
  public static func read(
    _ path: String, width: Int, height: Int, tags: ClassTags
  ) throws(FileError) -> LabelMap {
    try read(path, size: (width, height), tags)
  }

  /// The same for a photograph of whatever size the file says.
  public static func read(_ path: String, tags: ClassTags) throws(FileError) -> LabelMap {
    try read(path, size: nil, tags)
  }

  private static func read(
    _ path: String, size: (width: Int, height: Int)?, _ tags: ClassTags
  ) throws(FileError) -> LabelMap {
    let bytes = try InputFile.read(path)
    if bytes.starts(with: pngSignature) {
      let map = try LabelMap(decoding: bytes, from: path)
      try check(path, map.width, map.height, size)
      return map
    }
    guard let first = bytes.first(where: { $0 > 0x20 && !byteOrderMark.contains($0) }) else {
      throw .invalid(path, "is empty, scribbles in XML or PNG were expected")
    }
    guard first == UInt8(ascii: "<") else {
      throw .invalid(path, "is neither XML nor PNG, the two formats that scribbles may have")
    }
    let annotation = try ScribbleAnnotation(xml: bytes, path: path)
    try check(path, annotation.width, annotation.height, size)
    return try annotation.rasterized(tags)
  }

  private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func check(
    _ path: String, _ width: Int, _ height: Int, _ photograph: (width: Int, height: Int)?
  ) throws(FileError) {
    guard let photograph, photograph != (width, height) else { return }
    throw .invalid(
      path,
      "is for \(width) x \(height) pixels, its photograph has \(photograph.width) x \(photograph.height); "
        + "draw it again, or use the photograph that it was drawn on")
  }
}
