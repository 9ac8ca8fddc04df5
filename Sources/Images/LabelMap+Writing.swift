import Files
import Foundation

extension LabelMap {
  /// The bytes of a palette PNG of these labels: the index is the label, the colours are those of `colors`.
  public func palettePNGData(colors: ColorMap = .voc) throws(ImageEncodingError) -> Data {
    try ImageEncoder.png(labels, width: width, height: height, palette: colors.bytes)
  }

  /// Writes a palette PNG of these labels, whole or not at all; with its own colours as PASCAL VOC's tools expect it.
  public func write(palettePNG path: String, colors: ColorMap = .voc) throws(FileError) {
    try OutputFile.write(
      ImageEncoder.bytes(for: path) { () throws(ImageEncodingError) in try palettePNGData(colors: colors) }, to: path)
  }
}
