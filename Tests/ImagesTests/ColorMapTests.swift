import Foundation
import Images
import Testing

@Suite struct ColorMapTests {
  @Test(
    "labels have the colours that PASCAL VOC publishes",
    arguments: [
      (0, [0, 0, 0]), (1, [128, 0, 0]), (2, [0, 128, 0]), (3, [128, 128, 0]), (4, [0, 0, 128]), (8, [64, 0, 0]),
      (15, [192, 128, 128]), (20, [0, 64, 128]), (21, [128, 64, 128]), (64, [32, 0, 0]), (254, [96, 224, 192]),
      (255, [255, 255, 255]),
    ] as [(UInt8, [UInt8])])
  func voc(label: UInt8, color: [UInt8]) {
    let found = ColorMap.voc[label]
    #expect([found.red, found.green, found.blue] == color)
  }

  @Test("no two labels share a colour", arguments: [ColorMap.voc, .bright])
  func distinct(map: ColorMap) {
    let bytes = map.bytes
    #expect(bytes.count == 768)
    let colors = Set((0..<256).map { label in bytes[label * 3..<label * 3 + 3] })
    #expect(colors.count == 256)
  }

  @Test("colours are read from and written as six hexadecimal digits")
  func hex() {
    #expect(Color(hex: "#30c650") == Color(0x30, 0xC6, 0x50))
    #expect(Color(0x0A, 0, 0xFF).hex == "#0A00FF")
    for text in ["30C650", "#30C65", "#30C6500", "#30C65G", "#+0C650", "", "#", "#ÀÀÀ"] {
      #expect(Color(hex: text) == nil, "\(text)")
    }
  }

  @Test("colours of one's own replace the others', and a class that has a like colour takes another")
  func own() {
    let first = ColorMap.bright[1]
    let map = ColorMap.bright.replacing([2: first], classCount: 4)
    #expect(map[2] == first)
    #expect(map[0] == ColorMap.bright[0] && map[3] == ColorMap.bright[3])
    #expect(Set((0..<4).map { map[$0] }).count == 4)
    #expect(map[Label.ignored] == Color(255, 255, 255))
  }

  @Test("the bright colours differ from each other, from background and paper, for colour-blind readers too")
  func colorBlind() {
    let classes = (1...12).map { ColorMap.bright[$0] }
    func least(_ colors: [Color]) -> Double {
      Vision.allCases.map { vision in
        let seen = colors.map { vision.lab($0) }
        return seen.indices.flatMap { i in seen[..<i].map { distance($0, seen[i]) } }.min() ?? 0
      }.min() ?? 0
    }
    #expect(least(Array(classes[..<6])) > 30)
    for ground in [ColorMap.bright[0], Color(255, 255, 255)] { #expect(least(classes + [ground]) > 19) }
  }

  private func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
    ((a - b) * (a - b)).sum().squareRoot()
  }
}

/// How colours look to readers; the matrices are those of Machado, Oliveira and Fernandes (2009) at full severity.
private enum Vision: CaseIterable {
  case normal, protanopia, deuteranopia

  private var rows: [SIMD3<Double>] {
    switch self {
    case .normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    case .protanopia:
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    case .deuteranopia:
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    }
  }

  /// The colour in CIELAB as this reader sees it.
  func lab(_ color: Color) -> SIMD3<Double> {
    func linear(_ value: UInt8) -> Double {
      let share = Double(value) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    let light = SIMD3(linear(color.red), linear(color.green), linear(color.blue))
    func seen(_ row: SIMD3<Double>) -> Double { min(max((light * row).sum(), 0), 1) }
    let rgb = SIMD3(seen(rows[0]), seen(rows[1]), seen(rows[2]))
    func f(_ row: SIMD3<Double>, _ white: Double) -> Double {
      let share = (rgb * row).sum() / white
      return share > 0.008856 ? cbrt(share) : 7.787 * share + 16.0 / 116
    }
    let x = f([0.4124, 0.3576, 0.1805], 0.9505)
    let (y, z) = (f([0.2126, 0.7152, 0.0722], 1), f([0.0193, 0.1192, 0.9505], 1.089))
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
  }
}
