import Evaluation
import Images
import TestSupport
import Testing

@Suite struct BoundaryIoUTests {
  /// A map from rows of digits; a dot is void.
  private func map(_ rows: String...) -> LabelMap {
    LabelMap(
      width: rows[0].count, height: rows.count,
      labels: rows.joined().map { $0.wholeNumberValue.map(UInt8.init) ?? Label.ignored })
  }

  private func boundary(_ prediction: LabelMap, _ groundTruth: LabelMap, classCount: Int = 2) throws -> BoundaryIoU {
    var result = BoundaryIoU(classCount: classCount)
    try result.add(prediction: prediction, groundTruth: groundTruth)
    return result
  }

  @Test("only pixels along contours and the edge of the image count") func bands() throws {
    let actual = map("00000", "00000", "00111", "00111", "00111")
    let predicted = map("00000", "01111", "00111", "00111", "00111")
    let result = try boundary(predicted, actual)
    // d = 1. Of class 1 the truth has all 9 pixels but the centre in its band, the prediction its 13 without the upper
    // two of that column; the truth's (2, 3) is the one that the prediction has inside. Class 0 has no pixel inside in
    // the truth, and in the prediction none either: 16 and 12.
    #expect(result.intersections == [12, 7])
    #expect(result.unions == [16, 12])
  }

  @Test("a perfect prediction scores 1, also where void hides the contour") func perfect() throws {
    let actual = map("000.111", "000.111", "00..111", "000.111")
    let predicted = map("0001111", "0000111", "0011111", "0000111")
    let result = try boundary(predicted, actual)
    #expect(result.iou == [1, 1])
    #expect(result.mean == 1)
  }

  @Test("d is 2 % of the diagonal, rounded, and at least a pixel") func reach() {
    #expect(BoundaryIoU.reach(width: 1, height: 1) == 1)
    #expect(BoundaryIoU.reach(width: 30, height: 40) == 1)
    #expect(BoundaryIoU.reach(width: 300, height: 400) == 10)
    #expect(BoundaryIoU.reach(width: 500, height: 375) == 12)
    #expect(BoundaryIoU.reach(width: 500, height: 400) == 13)
  }

  /// The definition, pixel by pixel and class by class: erosion d times by 3 x 3, nothing outside the image.
  private func definition(_ prediction: LabelMap, _ groundTruth: LabelMap, _ label: UInt8) -> (Int, Int) {
    let (width, height) = (groundTruth.width, groundTruth.height)
    func band(_ map: LabelMap) -> Set<Int> {
      let region = Set(map.labels.indices.filter { map.labels[$0] == label && groundTruth.labels[$0] != Label.ignored })
      var inner = region
      for _ in 0..<BoundaryIoU.reach(width: width, height: height) {
        inner = inner.filter { index in
          let (x, y) = (index % width, index / width)
          return (-1...1).allSatisfy { dy in
            (-1...1).allSatisfy { dx in
              (0..<width).contains(x + dx) && (0..<height).contains(y + dy)
                && inner.contains((y + dy) * width + x + dx)
            }
          }
        }
      }
      return region.subtracting(inner)
    }
    let (first, second) = (band(prediction), band(groundTruth))
    return (first.intersection(second).count, first.union(second).count)
  }

  @Test("agrees with the definition on random maps", arguments: 1...12) func random(seed: Int) throws {
    var generator = SmallGenerator(seed)
    // Diagonals from 30 to 180: d = 1, 2, 3 and 4.
    let (width, height) = (20 + seed * 11, 18 + seed * 8)
    func blobs(void: Bool) -> LabelMap {
      var labels = [UInt8](repeating: 0, count: width * height)
      for number in 0..<6 {
        let (left, top) = (generator.below(width), generator.below(height))
        let (columns, rows) = (4 + generator.below(width), 4 + generator.below(height / 2))
        let label = void && number == 5 ? Label.ignored : UInt8(generator.below(3))
        for y in top..<min(top + rows, height) {
          for x in left..<min(left + columns, width) { labels[y * width + x] = label }
        }
      }
      return LabelMap(width: width, height: height, labels: labels)
    }
    let (predicted, actual) = (blobs(void: false), blobs(void: true))
    let result = try boundary(predicted, actual, classCount: 3)
    for label in 0..<3 {
      let expected = definition(predicted, actual, UInt8(label))
      #expect((result.intersections[label], result.unions[label]) == expected)
    }
  }

  @Test("counts are summed over the images before they are divided") func accumulation() throws {
    var sum = BoundaryIoU(classCount: 2)
    try sum.add(prediction: map("0"), groundTruth: map("0"))
    try sum.add(prediction: map("10"), groundTruth: map("00"))
    #expect(sum.intersections == [2, 0])
    #expect(sum.unions == [3, 1])
    // The second class is in no ground truth.
    #expect(sum.iou == [2.0 / 3, nil])
    #expect(sum.mean == 2.0 / 3)
  }

  @Test("a class that is nowhere has none, and void alone counts nothing") func absent() throws {
    let result = try boundary(map("01"), map(".."), classCount: 3)
    #expect(result == BoundaryIoU(classCount: 3))
    #expect(result.iou == [nil, nil, nil])
    #expect(result.mean == nil)
  }

  @Test("other sizes and labels that are no class are refused, and nothing is counted") func refusals() throws {
    var result = BoundaryIoU(classCount: 2)
    #expect(throws: EvaluationError.sizes(prediction: [1, 2], groundTruth: [1, 1])) {
      try result.add(prediction: map("00"), groundTruth: map("0"))
    }
    #expect(throws: EvaluationError.predictedLabel(2, classCount: 2)) {
      try result.add(prediction: map("02"), groundTruth: map("00"))
    }
    #expect(throws: EvaluationError.groundTruthLabel(3, classCount: 2)) {
      try result.add(prediction: map("00"), groundTruth: map("03"))
    }
    #expect(result == BoundaryIoU(classCount: 2))
  }
}
