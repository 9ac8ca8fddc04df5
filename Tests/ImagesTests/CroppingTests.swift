import Images
import TestImages
import Testing

/// The same sums in the same order, whether of a part or of the whole.
private let exact = 0.0

@Suite struct CroppingTests {
  /// Noise, which no shift and no mirroring leaves as it is.
  private let image: Image
  private let map: LabelMap
  private let width = 61
  private let height = 47

  init() {
    var state: UInt32 = 1
    func byte() -> UInt8 {
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    image = Image(width: width, height: height, pixels: (0..<width * height * 3).map { _ in byte() })
    map = LabelMap(width: width, height: height, labels: (0..<width * height).map { _ in byte() })
  }

  /// Where a pixel of a crop lies in the scaled picture; nil where it is padding.
  private func place(_ target: Int, _ length: Int, _ side: Int, _ offset: Int) -> Int? {
    let place = length > side ? target + offset : target - offset
    return 0..<length ~= place ? place : nil
  }

  @Test(
    "a crop holds the pixels of the whole picture, mirrored, scaled and cut out",
    arguments: [0.03, 0.5, 0.75, 0.8137, 1, 1.25, 3.3], [1, 24, 47, 60, 90])
  func pixels(factor: Double, side: Int) {
    let plain = ChannelNormalization(mean: [0, 1, 2], deviation: [1, 2, 4])
    for isMirrored in [false, true] {
      let scaled = (isMirrored ? image.mirrored() : image).resizedCubic(by: factor)
      let labels = (isMirrored ? map.mirrored() : map).resizedNearest(by: factor)
      let (rowBound, columnBound) = (abs(scaled.height - side) + 1, abs(scaled.width - side) + 1)
      for share in [0, 0.4, 1] {
        let row = Int(share * Double(rowBound - 1))
        let column = Int((1 - share) * Double(columnBound - 1))
        let asked = Asked(answers: [row, column])
        let crop = Crop(
          width: width, height: height, isMirrored: isMirrored, factor: factor, side: side, offset: asked.answer)
        #expect(asked.bounds == [rowBound, columnBound])

        var expected = [Float](repeating: 0, count: 3 * side * side)
        var expectedLabels = [UInt8](repeating: Label.ignored, count: side * side)
        for y in 0..<side {
          for x in 0..<side {
            guard let fromRow = place(y, scaled.height, side, row),
              let fromColumn = place(x, scaled.width, side, column)
            else { continue }
            let from = fromRow * scaled.width + fromColumn
            for channel in 0..<3 {
              expected[(channel * side + y) * side + x] =
                (Float(scaled.pixels[3 * from + channel]) - plain.mean[channel]) / plain.deviation[channel]
            }
            expectedLabels[y * side + x] = labels.labels[from] == Label.ignored ? 99 : labels.labels[from]
          }
        }
        let name = "\(factor), \(side), mirrored \(isMirrored), from \(row), \(column)"
        let found = FloatImage(image, croppedTo: crop, normalizedBy: plain)
        #expect([found.width, found.height, found.channels] == [side, side, 3])
        expectClose(found.values, expected, tolerance: exact, name)
        expectClose(map.cropped(to: crop, unlabelled: 99).labels, expectedLabels, tolerance: Int(exact), name)
      }
    }
  }

  @Test("pictures of a single row, column and pixel are cropped", arguments: [(1, 1), (1, 5), (5, 1)])
  func tiny(width: Int, height: Int) {
    let image = Image(width: width, height: height, pixels: Array(repeating: 200, count: 3 * width * height))
    let plain = ChannelNormalization(mean: [0, 0, 0], deviation: [1, 1, 1])
    for factor in [0.01, 0.9, 1, 40] {
      for side in [1, 3, 64] {
        let crop = Crop(width: width, height: height, isMirrored: true, factor: factor, side: side) { $0 - 1 }
        let found = FloatImage(image, croppedTo: crop, normalizedBy: plain).values
        let seen = map(of: width, height).cropped(to: crop, unlabelled: 0).labels
        #expect(Set(found).isSubset(of: [0, 200]))
        for channel in 0..<3 {
          #expect(found[channel * side * side..<(channel + 1) * side * side].map { $0 == 200 } == seen.map { $0 == 7 })
        }
        #expect(seen.contains(7))
      }
    }
  }

  private func map(of width: Int, _ height: Int) -> LabelMap { LabelMap(width: width, height: height, filledWith: 7) }

  @Test("the labels that a map holds are named, and no others")
  func presence() {
    for labels in [[5], [0, 0, 255, 3], Array(0...255), [9, 9, 9]] as [[UInt8]] {
      let map = LabelMap(width: labels.count, height: 1, labels: labels)
      #expect(map.isPresent == (0...255).map { labels.contains($0) })
    }
  }
}

/// Answers in turn, and remembers what it was asked.
private final class Asked {
  private(set) var bounds: [Int] = []
  private let answers: [Int]

  init(answers: [Int]) { self.answers = answers }

  func answer(_ bound: Int) -> Int {
    defer { bounds.append(bound) }
    return answers[bounds.count]
  }
}

@Suite struct MirroringTests {
  private let image = Image(width: 3, height: 2, pixels: (1...18).map(UInt8.init))
  private let map = LabelMap(width: 3, height: 2, labels: [1, 2, 3, 4, 5, 6])

  @Test("left and right are exchanged, rows and colours stay")
  func once() {
    #expect(image.mirrored().pixels == [7, 8, 9, 4, 5, 6, 1, 2, 3, 16, 17, 18, 13, 14, 15, 10, 11, 12])
    #expect(map.mirrored().labels == [3, 2, 1, 6, 5, 4])
  }

  @Test("mirroring twice is the identity")
  func twice() {
    #expect(image.mirrored().mirrored() == image)
    #expect(map.mirrored().mirrored() == map)
  }
}

@Suite struct FloatImageTests {
  @Test("planes are red, green and blue, normalised with their own statistics")
  func planes() {
    let image = Image(width: 2, height: 1, pixels: [0, 51, 255, 102, 255, 0])
    let floats = FloatImage(
      image, normalizedBy: ChannelNormalization(mean: [127.5, 63.75, 0], deviation: [255, 127.5, 510]))
    #expect(floats.channels == 3)
    expectClose(floats.values, [-0.5, -0.1, -0.1, 1.5, 0.5, 0], tolerance: 1e-6, "planes")
  }

  @Test("ImageNet's statistics are those of its photographs")
  func imageNet() {
    let floats = FloatImage(Image(width: 1, height: 1, pixels: [255, 255, 255]), normalizedBy: .imageNet)
    expectClose(floats.values, [0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225], tolerance: 1e-6, "white")
  }
}
