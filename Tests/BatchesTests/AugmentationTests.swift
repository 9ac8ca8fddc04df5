import Batches
import Datasets
import Images
import TestImages
import Testing

@Suite("Augmentation") struct AugmentationTests {
  private static let plain = ChannelNormalization(mean: [0, 0, 0], deviation: [1, 1, 1])
  private static let classCount = 16
  private static let block = 10
  /// In pixels. Pixel i comes from (i + 0.5) / f - 0.5 in cubic scaling and from floor(i / f) in nearest scaling: 1.1
  /// apart at most for factors f up to 1.25, and rounding to bytes adds a quarter.
  private static let tolerance: Float = 1.36

  /// Red is twice the column, green twice the row, blue is 77; labels count blocks of ten columns, or rows.
  private static func coordinates(_ width: Int, _ height: Int) -> Sample {
    var (pixels, columns, rows) = ([UInt8](), [UInt8](), [UInt8]())
    for y in 0..<height {
      for x in 0..<width {
        pixels += [UInt8(2 * x), UInt8(2 * y), 77]
        columns.append(UInt8(x / block))
        rows.append(UInt8(y / block))
      }
    }
    return Sample(
      id: "coordinates", image: Image(width: width, height: height, pixels: pixels),
      scribbles: LabelMap(width: width, height: height, labels: columns),
      groundTruth: LabelMap(width: width, height: height, labels: rows))
  }

  private func augmented(
    _ sample: Sample, _ augmentation: Augmentation, index: Int = 0
  ) -> TrainingSample {
    var stream = RandomStream(seed: 1, epoch: 0, index: index)
    return augmentation.augmented(sample, classCount: Self.classCount, Self.plain, using: &stream)
  }

  @Test("colours vary within their range, and the padding and everything else stay") func colors() throws {
    let sample = Self.coordinates(30, 20)
    let still = Augmentation(flipProbability: 0, scale: 1...1, crop: 40)
    var varied = still
    varied.colorJitter = 0.5
    var shifts: [Float] = []
    for index in 0..<8 {
      let (before, after) = (augmented(sample, still, index: index), augmented(sample, varied, index: index))
      #expect(before.scribbles == after.scribbles && before.groundTruth == after.groundTruth)
      for place in 0..<1600 where before.scribbles[place] == Label.ignored {
        #expect((0..<3).allSatisfy { after.image[$0 * 1600 + place] == 0 })
      }
      #expect(after.image.allSatisfy { 0...255 ~= $0 })
      // The mean moves by brightness alone, a quarter of 0.5 of the range at most, where nothing is cut off.
      let inside = (0..<1600).filter { before.scribbles[$0] != Label.ignored }
      func mean(_ image: [Float]) -> Float {
        inside.reduce(0) { $0 + image[$1] + image[1600 + $1] + image[3200 + $1] } / Float(3 * inside.count)
      }
      shifts.append(mean(after.image) - mean(before.image))
      #expect(after.image != before.image)
    }
    #expect(shifts.allSatisfy { abs($0) < 0.125 * 255 + 8 }, "\(shifts)")
    #expect(Set(shifts).count == 8)
  }

  @Test("Photograph, scribbles and ground truth stay aligned", arguments: [24, 60, 200])
  func alignment(_ crop: Int) throws {
    let sample = Self.coordinates(100, 80)
    var worst: Float = 0
    var (mirrored, padded) = (0, 0)
    for index in 0..<40 {
      let result = augmented(sample, Augmentation(crop: crop), index: index)
      let groundTruth = try #require(result.groundTruth)
      let area = crop * crop
      #expect(result.image.count == 3 * area && result.scribbles.count == area && groundTruth.count == area)
      for place in 0..<area where result.scribbles[place] != Label.ignored {
        let (x, y) = (result.image[place] / 2, result.image[area + place] / 2)
        for (coordinate, label) in [(x, result.scribbles[place]), (y, groundTruth[place])] {
          let start = Float(Int(label) * Self.block)
          worst = max(worst, start - coordinate, coordinate - (start + Float(Self.block) - 1))
        }
        #expect(result.image[2 * area + place] == 77)
      }
      for place in 0..<area where result.scribbles[place] == Label.ignored {
        padded += 1
        let numbers = [result.image[place], result.image[area + place], result.image[2 * area + place]]
        #expect(numbers == [0, 0, 0] && groundTruth[place] == Label.ignored)
      }
      let row = (0..<crop).map { area / 2 - area / 2 % crop + $0 }.filter { result.scribbles[$0] != Label.ignored }
      if let first = row.first, let last = row.last, result.image[first] > result.image[last] { mirrored += 1 }
    }
    #expect(worst < Self.tolerance, "off by \(worst) pixels")
    #expect(8...32 ~= mirrored)
    #expect((padded > 0) == (crop > 75))
  }

  @Test("A variant is named by four numbers of its stream: mirroring, factor, row and column") func numbers() {
    let (width, height, crop) = (100, 80, 90)
    let sample = Self.coordinates(width, height)
    for index in 0..<20 {
      var stream = RandomStream(seed: 1, epoch: 0, index: index)
      let isMirrored = stream.chance(0.5)
      let factor = stream.uniform(in: 0.75...1.25)
      let image = (isMirrored ? sample.image.mirrored() : sample.image).resizedCubic(by: factor)
      let row = stream.integer(below: abs(image.height - crop) + 1)
      let column = stream.integer(below: abs(image.width - crop) + 1)
      var expected = [Float](repeating: 0, count: 3 * crop * crop)
      for y in 0..<min(image.height, crop) {
        for x in 0..<min(image.width, crop) {
          let from = (image.height > crop ? y + row : y) * image.width + (image.width > crop ? x + column : x)
          let to = (image.height > crop ? y : y + row) * crop + (image.width > crop ? x : x + column)
          for channel in 0..<3 { expected[channel * crop * crop + to] = Float(image.pixels[3 * from + channel]) }
        }
      }
      #expect(augmented(sample, Augmentation(crop: crop), index: index).image == expected)
    }
  }

  @Test("Without chance, and with a crop of its size, a sample stays as it is") func identity() throws {
    let sample = Self.coordinates(50, 50)
    let result = augmented(sample, Augmentation(flipProbability: 0, scale: 1...1, crop: 50))
    #expect(result.image == Self.plain.planes(of: sample.image))
    #expect(result.scribbles == sample.scribbles?.labels)
    #expect(result.groundTruth == sample.groundTruth?.labels)
  }

  @Test("Mirroring a mirrored sample gives the first one") func mirroredTwice() throws {
    let sample = Self.coordinates(50, 50)
    let mirror = Augmentation(flipProbability: 1, scale: 1...1, crop: 50)
    let mirrored = Sample(
      id: "", image: sample.image.mirrored(), scribbles: sample.scribbles?.mirrored(),
      groundTruth: sample.groundTruth?.mirrored())
    let (once, twice) = (augmented(sample, mirror), augmented(mirrored, mirror))
    #expect(once.image == Self.plain.planes(of: mirrored.image))
    #expect(twice.image == Self.plain.planes(of: sample.image))
    #expect(twice.scribbles == sample.scribbles?.labels)
  }

  @Test("Unlabelled pixels become C, and 255 is left to padding") func unlabelled() throws {
    let image = Image(width: 2, height: 2, pixels: Array(repeating: 9, count: 12))
    let scribbles = LabelMap(width: 2, height: 2, labels: [255, 0, 3, 255])
    let sample = Sample(id: "", image: image, scribbles: scribbles, groundTruth: nil)
    let result = augmented(sample, Augmentation(flipProbability: 0, scale: 1...1, crop: 3))
    #expect(result.scribbles.count { $0 == UInt8(Self.classCount) } == 2)
    #expect(result.scribbles.count { $0 == Label.ignored } == 5)
    #expect(result.scribbles.count { $0 == 0 } == 1 && result.scribbles.count { $0 == 3 } == 1)
    #expect(result.groundTruth == nil)
  }

  @Test("Classes that the crop cuts off are present still, and background always is") func presence() {
    var labels = [UInt8](repeating: 255, count: 60 * 60)
    (labels[0], labels[3599]) = (2, 5)
    let image = Image(width: 60, height: 60, pixels: Array(repeating: 0, count: 60 * 60 * 3))
    let sample = Sample(
      id: "", image: image, scribbles: LabelMap(width: 60, height: 60, labels: labels), groundTruth: nil)
    for index in 0..<10 {
      let present = augmented(sample, Augmentation(crop: 8), index: index).classPresent
      #expect(present == (0..<Self.classCount).map { [0, 2, 5].contains($0) ? 1 : 0 })
    }
  }

  @Test("Crops and paddings reach every place") func places() {
    let flat = Augmentation(flipProbability: 0, scale: 1...1, crop: 4)
    var (columns, rows): (Set<Float>, Set<Float>) = ([], [])
    for index in 0..<200 {
      let result = augmented(Self.coordinates(6, 7), flat, index: index)
      columns.insert(result.image[0] / 2)
      rows.insert(result.image[16] / 2)
    }
    #expect(columns == [0, 1, 2] && rows == [0, 1, 2, 3])

    var firsts: Set<Int> = []
    for index in 0..<200 {
      let result = augmented(Self.coordinates(3, 2), flat, index: index)
      if let first = result.scribbles.firstIndex(where: { $0 != Label.ignored }) { firsts.insert(first) }
      #expect(result.scribbles.count { $0 != Label.ignored } == 6)
    }
    #expect(firsts == [0, 1, 4, 5, 8, 9])
  }

  @Test("A tiny photograph survives a small factor") func tiny() {
    let result = augmented(Self.coordinates(1, 1), Augmentation(scale: 0.1...0.1, crop: 2))
    #expect(result.scribbles.count { $0 != Label.ignored } == 1)
  }

  @Test("The same stream gives the same variant") func determinism() {
    let sample = Self.coordinates(90, 70)
    #expect(augmented(sample, Augmentation(crop: 32), index: 3) == augmented(sample, Augmentation(crop: 32), index: 3))
    #expect(augmented(sample, Augmentation(crop: 32), index: 3) != augmented(sample, Augmentation(crop: 32), index: 4))
  }
}
