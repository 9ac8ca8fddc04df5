import Images
import TestSupport
import Testing

@Suite("Distances between pixels") struct LabelMapDistanceTests {
  /// Float32 against float64.
  static let tolerance = 1e-5

  private func random(_ seed: Int, width: Int, height: Int, rarity: Int) -> LabelMap {
    var generator = SmallGenerator(seed)
    let labels = (0..<width * height).map { _ in generator.below(rarity) == 0 ? UInt8(1 + generator.below(2)) : 0 }
    return LabelMap(width: width, height: height, labels: labels)
  }

  /// The nearest of the pixels by trying all.
  private func nearest(in map: LabelMap, _ isTarget: (_ from: Int, _ to: Int) -> Bool) -> [Double] {
    map.labels.indices.map { from in
      map.labels.indices.filter { isTarget(from, $0) }.map { to in
        let (dx, dy) = (from % map.width - to % map.width, from / map.width - to / map.width)
        return Double(dx * dx + dy * dy).squareRoot()
      }.min() ?? .infinity
    }
  }

  private func worst(_ found: [Float], _ expected: [Double]) -> Double {
    #expect(found.count == expected.count)
    return zip(found, expected).map { $0 == Float($1) ? 0 : abs(Double($0) - $1) }.max() ?? 0
  }

  @Test(
    "to the nearest target and to the nearest other label are those found by trying all",
    arguments: [(1, 1, 2), (1, 40, 3), (40, 1, 3), (23, 17, 2), (23, 17, 10), (31, 29, 60), (20, 30, 400)])
  func definition(width: Int, height: Int, rarity: Int) {
    for seed in 1...4 {
      let map = random(seed, width: width, height: height, rarity: rarity)
      let toTargets = worst(map.distances { $0 == 1 }, nearest(in: map) { map.labels[$1] == 1 })
      let toOthers = worst(map.distancesToOtherLabels(), nearest(in: map) { map.labels[$0] != map.labels[$1] })
      #expect(max(toTargets, toOthers).isWithin(Self.tolerance), "worst \(toTargets) and \(toOthers)")
    }
  }

  @Test("are 0 on a target, 5 at 3 columns and 4 rows, and infinite without one") func hand() {
    var labels = [UInt8](repeating: 0, count: 4 * 5)
    labels[0] = 1
    let map = LabelMap(width: 4, height: 5, labels: labels)
    let distances = map.distances { $0 == 1 }
    #expect(distances[0] == 0)
    #expect(distances[19] == 5)
    #expect(map.distances { $0 == 2 }.allSatisfy { $0 == .infinity })
  }

  @Test("the edge of a map is no other label") func edge() {
    #expect(LabelMap(width: 3, height: 2, filledWith: 4).distancesToOtherLabels().allSatisfy { $0 == .infinity })
    let map = LabelMap(width: 4, height: 1, labels: [7, 7, 7, 0])
    #expect(map.distancesToOtherLabels() == [3, 2, 1, 1])
  }
}
