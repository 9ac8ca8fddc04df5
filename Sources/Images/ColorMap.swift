/// A colour for each of the 256 labels.
public struct ColorMap: Sendable, Equatable {
  /// Red, green and blue of label 0, of label 1 and so on: 768 bytes.
  public let bytes: [UInt8]

  /// The colours of PASCAL VOC: the bits of the index, three at a time from the lowest, become the highest, second
  /// highest ... bits of red, green and blue. `Label.ignored` is white, as scribbles on paper leave it.
  public static let voc: ColorMap = {
    var bytes = [UInt8](repeating: 0, count: 768)
    for i in bytes.indices {
      let (index, channel) = (i / 3, i % 3)
      for bit in 0..<8 where index >> (3 * bit + channel) & 1 == 1 { bytes[i] |= 1 << UInt8(7 - bit) }
    }
    bytes.replaceSubrange(Int(Label.ignored) * 3..<Int(Label.ignored) * 3 + 3, with: [255, 255, 255])
    return ColorMap(bytes: bytes)
  }()

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Red, green and blue of a label.
  public subscript(label: UInt8) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let i = Int(label) * 3
    return (bytes[i], bytes[i + 1], bytes[i + 2])
  }
}
