import Files
import Foundation

extension LabelMap {
  /// The bytes of a palette PNG of these labels: the index is the label, the colours are `ColorMap.voc`.
  public func palettePNGData() throws(ImageEncodingError) -> Data {
    try ImageEncoder.png(labels, width: width, height: height, palette: ColorMap.voc.bytes)
  }

  /// Writes a palette PNG of these labels, whole or not at all, as PASCAL VOC's tools expect it.
  public func write(palettePNG path: String) throws(FileError) {
    try OutputFile.write(
      ImageEncoder.bytes(for: path) { () throws(ImageEncodingError) in try palettePNGData() }, to: path)
  }
}
