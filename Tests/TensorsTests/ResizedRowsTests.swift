import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Rows of a bilinear resize")
struct ResizedRowsTests {
  /// LibTorch computes the places of float32 rows in float32: they are off by some 1e-5 of a row, at differences of
  /// neighbours up to 6.
  static let float32Tolerance = 1e-4
  static let float64Tolerance = 1e-12

  @Test(
    "agree with the whole, wherever they lie and in either placement",
    arguments: [(23, 91), (91, 23), (40, 40), (1, 7), (7, 1), (2, 129)], [false, true])
  func rows(sizes: (from: Int, to: Int), alignCorners: Bool) throws {
    for type in [ElementType.float32, .float64] {
      for format in [MemoryFormat.contiguous, .channelsLast] {
        let image = try Tensor.normal([2, 3, sizes.from, 11], type, Generator(seed: 3)).contiguous(format)
        let whole = try image.resizedBilinear(height: sizes.to, width: 37, alignCorners: alignCorners)
        for strip in [1, 5, sizes.to] {
          for first in stride(from: 0, to: sizes.to, by: strip) {
            let rows = first..<min(first + strip, sizes.to)
            let part = ResizedRows(rows, of: sizes.to, from: sizes.from, alignCorners: alignCorners)
            let found = try image.rows(part.source).resizedBilinear(to: part, width: 37, alignCorners: alignCorners)
            let closeness = try Closeness(found, whole.rows(rows))
            let tolerance = type == .float32 ? Self.float32Tolerance : Self.float64Tolerance
            #expect(found.type == type && closeness.worst.isWithin(tolerance), "\(rows), \(type): \(closeness)")
          }
        }
      }
    }
  }

  @Test("need few rows of the image")
  func source() {
    #expect(ResizedRows(8..<12, of: 100, from: 25).source == 1..<4)
    #expect(ResizedRows(0..<1, of: 100, from: 25).source == 0..<1)
    #expect(ResizedRows(99..<100, of: 100, from: 25).source == 24..<25)
    #expect(ResizedRows(0..<9, of: 9, from: 5, alignCorners: true).source == 0..<5)
  }

  @Test("keep an image of 16-bit numbers in its type")
  func halves() throws {
    let image = try Tensor.normal([1, 2, 9, 5], .float32, Generator(seed: 3)).to(.bfloat16)
    let part = ResizedRows(3..<20, of: 36, from: 9)
    let found = try image.rows(part.source).resizedBilinear(to: part, width: 20)
    #expect(found.type == .bfloat16)
    let whole = try image.to(.float32).resizedBilinear(height: 36, width: 20).rows(3..<20)
    // Eight bits of a number are kept.
    let closeness = try Closeness(found.to(.float32), whole)
    #expect(closeness.relative.isWithin(1.0 / 256), "\(closeness)")
  }
}
