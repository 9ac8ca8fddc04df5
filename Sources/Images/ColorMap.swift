/// A colour with 8 bits per channel, in sRGB.
public struct Color: Sendable, Equatable, Hashable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

  /// Reads "#1F5FD0"; nil for anything else.
  public init?(hex text: String) {
    let digits = text.dropFirst().utf8
    guard text.first == "#", digits.count == 6, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(text.dropFirst(), radix: 16)
    else { return nil }
    self.init(value)
  }

  /// Of the form 0xRRGGBB.
  init(_ value: UInt32) {
    self.init(UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255))
  }

  /// The colour as "#1F5FD0", which `init(hex:)` reads.
  public var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  var vector: SIMD3<Float> { [Float(red), Float(green), Float(blue)] }

  /// Whether both colours are hard to tell apart.
  func resembles(_ other: Color) -> Bool {
    let difference = vector - other.vector
    return (difference * difference).sum() < 48 * 48
  }
}

/// A colour for each of the 256 labels.
public struct ColorMap: Sendable, Equatable {
  /// Red, green and blue of label 0, of label 1 and so on: 768 bytes.
  public let bytes: [UInt8]

  /// The colours of PASCAL VOC: the bits of the index, three at a time from the lowest, become the highest, second
  /// highest ... bits of red, green and blue. `Label.ignored` is white.
  public static let voc = ColorMap(
    (0..<Int(Label.ignored)).map { label in
      var channels: [UInt8] = [0, 0, 0]
      for channel in 0..<3 {
        for bit in 0..<8 where label >> (3 * bit + channel) & 1 == 1 { channels[channel] |= 1 << UInt8(7 - bit) }
      }
      return Color(channels[0], channels[1], channels[2])
    })

  /// Colours that stand out on photographs: a light grey for the background, then bright ones.
  ///
  /// The first twelve colours differ by at least 19 in CIELAB, the first six by 30, for normal vision and for simulated
  /// protanopia and deuteranopia; further ones take hues at golden angles.
  public static let bright: ColorMap = {
    let chosen: [UInt32] = [
      0xCDD0D4, 0xE40971, 0x377CC8, 0xFAF21E, 0x5600FF, 0xDB3C00, 0x51FF99, 0xA80124, 0xCBB4FF, 0x30C650, 0x243EA9,
      0x94CC12, 0xA729E7,
    ]
    return ColorMap(chosen.map { Color($0) } + (chosen.count..<Int(Label.ignored)).map(generated))
  }()

  /// The colours of labels 0, 1 and so on, one for each label below `Label.ignored`, which is white.
  private init(_ colors: [Color]) {
    precondition(colors.count == Int(Label.ignored), "each label below 255 has a colour")
    bytes = (colors + [Color(255, 255, 255)]).flatMap { [$0.red, $0.green, $0.blue] }
  }

  /// The colour of a label.
  public subscript(label: UInt8) -> Color {
    let i = Int(label) * 3
    return Color(bytes[i], bytes[i + 1], bytes[i + 2])
  }

  /// The map with other colours for some of `classCount` classes.
  ///
  /// Another class whose colour resembles one of these takes the next unused colour.
  public func replacing(_ own: [Int: Color], classCount: Int) -> ColorMap {
    if own.isEmpty { return self }
    var colors = (0..<Int(Label.ignored)).map { self[UInt8($0)] }
    for (label, color) in own { colors[label] = color }
    var spare = Array(colors[classCount...])
    for label in 0..<classCount where own[label] == nil && own.values.contains(where: colors[label].resembles) {
      guard let next = spare.firstIndex(where: { !colors[..<classCount].contains(where: $0.resembles) }) else {
        continue
      }
      colors[label] = spare.remove(at: next)
    }
    return ColorMap(colors)
  }

  /// Hues at golden angles, which stay distinct for any number of classes, with alternating lightness.
  private static func generated(_ label: Int) -> Color {
    let tones: [(saturation: Double, value: Double)] = [(0.9, 0.95), (0.5, 1), (0.85, 0.62), (0.65, 0.8)]
    let tone = tones[label % tones.count]
    let hue = (Double(label) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1) * 6
    func channel(_ offset: Double) -> UInt8 {
      let distance = abs((hue + offset).truncatingRemainder(dividingBy: 6) - 3)
      let share = min(max(distance - 1, 0), 1)
      return UInt8((255 * tone.value * (1 - tone.saturation * (1 - share))).rounded())
    }
    return Color(channel(0), channel(4), channel(2))
  }
}
