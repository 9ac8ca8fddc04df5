import CPNG
import Files
import Foundation

/// Label values with a special meaning; all others are class indices.
public enum Label {
  /// On disk: no scribble here, or void in ground truth. In a training batch: cropped padding only.
  public static let ignored: UInt8 = 255
}

/// One label per pixel, rows from the top: a class index, or `Label.ignored`.
public struct LabelMap: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// `height * width` labels.
  public var labels: [UInt8]

  public init(width: Int, height: Int, labels: [UInt8]) {
    precondition(width > 0 && height > 0 && labels.count == width * height, "a label map needs one byte per pixel")
    self.width = width
    self.height = height
    self.labels = labels
  }

  /// A map with one label everywhere.
  public init(width: Int, height: Int, filledWith label: UInt8) {
    self.init(width: width, height: height, labels: Array(repeating: label, count: width * height))
  }
}

extension LabelMap {
  /// For each of the 256 labels whether a pixel has it.
  public var isPresent: [Bool] {
    var isPresent = [Bool](repeating: false, count: Int(UInt8.max) + 1)
    isPresent.withUnsafeMutableBufferPointer { isPresent in
      for label in labels { isPresent[Int(label)] = true }
    }
    return isPresent
  }
}

extension LabelMap {
  /// The labels of a crop, scaled as `resizedNearest(by:)` does it.
  ///
  /// `Label.ignored` becomes `unlabelled`; padding is `Label.ignored`.
  package func cropped(to crop: Crop, unlabelled: UInt8) -> LabelMap {
    precondition(crop.fits(width, height), "a crop is for a picture of its size")
    let (rows, columns) = (crop.rows, crop.columns)
    let sources = columns.scaling.nearest(columns.kept).map { crop.isMirrored ? width - 1 - $0 : $0 }
    let cropped = [UInt8](unsafeUninitializedCapacity: crop.area) { cropped, initialized in
      if crop.isPadded { cropped.initialize(repeating: Label.ignored) }
      labels.withUnsafeBufferPointer { labels in
        sources.withUnsafeBufferPointer { sources in
          for (y, row) in rows.scaling.nearest(rows.kept).enumerated() {
            let source = row * width
            let target = (rows.target + y) * columns.side + columns.target
            for x in 0..<columns.count {
              let label = labels[source + sources[x]]
              cropped[target + x] = label == Label.ignored ? unlabelled : label
            }
          }
        }
      }
      initialized = crop.area
    }
    return LabelMap(width: columns.side, height: rows.side, labels: cropped)
  }
}

extension LabelMap {
  /// The labels scaled by `factor` on both axes, each the one at `floor(i / factor)`, as OpenCV's INTER_NEAREST does.
  ///
  /// Each side is `side * factor` rounded half to even, as in `Image.resizedCubic(by:)`.
  package func resizedNearest(by factor: Double) -> LabelMap {
    cropped(to: Crop(wholeOf: width, height, factor: factor), unlabelled: Label.ignored)
  }
}

extension LabelMap {
  /// The labels in a palette or grey PNG file: the index or grey value of each pixel, as stored.
  ///
  /// A palette's colours are ignored and grey values are not scaled, whatever their number of bits; 16-bit files are
  /// read if every value is at most 255. Throws when the file is missing, not a PNG, a colour image, damaged, cut short
  /// or larger than `Image.largestPixelCount`; also when it has an EXIF orientation other than upright, which viewers
  /// apply and most programs that write label images do not mean.
  public init(contentsOf path: String) throws(FileError) {
    var warnings: [FileWarning] = []
    try self.init(contentsOf: path, &warnings)
  }

  /// The same; a file that lacks nothing but its last chunk adds one to `warnings`.
  public init(contentsOf path: String, _ warnings: inout [FileWarning]) throws(FileError) {
    try self.init(decoding: try InputFile.read(path), from: path, &warnings)
  }

  /// The labels in these bytes of a PNG file; `path` names them in errors.
  public init(decoding data: Data, from path: String) throws(FileError) {
    var warnings: [FileWarning] = []
    try self.init(decoding: data, from: path, &warnings)
  }

  /// The same; bytes that lack nothing but the last chunk add one to `warnings`.
  ///
  /// `check` may throw for a width and height before the labels are decoded.
  public init(
    decoding data: Data, from path: String, _ warnings: inout [FileWarning],
    checkingSize check: (_ width: Int, _ height: Int) throws(FileError) -> Void = { _, _ in }
  ) throws(FileError) {
    switch ImageFormat(of: data) {
    case .png: break
    case .jpeg:
      throw .invalid(
        path, "is a JPEG image, whose compression changes labels; a palette or grey PNG was expected")
    case .other(let found): throw .invalid(path, "is \(found); a palette or grey PNG was expected")
    }
    let decoder = ImageDecoder(path: path, data: data)
    let header = try decoder.pngHeader()
    if header.is_color != 0 || header.has_alpha != 0 {
      let found = (header.is_color != 0 ? "RGB" : "grey") + (header.has_alpha != 0 ? " with transparency" : "")
      throw .invalid(
        path, "is a PNG of \(found) colours; a label image must be a palette or grey PNG whose index is the class")
    }
    let orientation = decoder.orientation(header.exif_start, header.exif_count)
    guard orientation.isUpright else {
      throw .invalid(
        path,
        "has the EXIF orientation \(orientation.rawValue), so that viewers turn it and other programs do not; "
          + "save the label image again without EXIF data, as its photograph is shown")
    }
    let size = header.size
    try check(size.width, size.height)
    let samples = try decoder.pngSamples(header, &warnings)
    let labels = header.depth == 16 ? try LabelMap.narrowed(samples, size, path) : samples
    self.init(width: size.width, height: size.height, labels: labels)
  }

  /// Big-endian 16-bit samples as one byte each.
  private static func narrowed(
    _ samples: [UInt8], _ size: ImageDecoder.Size, _ path: String
  ) throws(FileError) -> [UInt8] {
    var labels = [UInt8](repeating: 0, count: size.count)
    for i in labels.indices {
      if samples[2 * i] != 0 {
        let value = Int(samples[2 * i]) << 8 | Int(samples[2 * i + 1])
        throw .invalid(
          path,
          "has the value \(value) at row \(i / size.width), column \(i % size.width); labels are at most 255")
      }
      labels[i] = samples[2 * i + 1]
    }
    return labels
  }
}

extension LabelMap {
  /// The bytes of a palette PNG of these labels: the index is the label, the colours are those of `colors`.
  public func palettePNGData(colors: ColorMap = .voc) throws(ImageEncodingError) -> Data {
    try ImageEncoder.png(labels, width: width, height: height, palette: colors.bytes)
  }

  /// Writes a palette PNG of these labels, whole or not at all; the default colours are those of PASCAL VOC.
  public func write(palettePNG path: String, colors: ColorMap = .voc) throws(FileError) {
    try OutputFile.write(
      ImageEncoder.bytes(for: path) { () throws(ImageEncodingError) in try palettePNGData(colors: colors) }, to: path)
  }
}
