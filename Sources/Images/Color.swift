/// A colour of 8 bits a channel, in sRGB.
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

  /// What `init(hex:)` reads, in capitals.
  public var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  var vector: SIMD3<Float> { [Float(red), Float(green), Float(blue)] }

  /// Whether people would take both for one colour.
  func resembles(_ other: Color) -> Bool {
    let difference = vector - other.vector
    return (difference * difference).sum() < 48 * 48
  }
}
