import CRF
import Foundation
import Images
import TestSupport
import Testing

@Suite struct AppearanceFilterTests {
  private let width = 17
  private let height = 11

  private func noise() -> (image: Image, planes: [Float]) {
    var generator = Xorshift()
    let count = width * height
    let pixels = (0..<3 * count).map { _ in UInt8.random(in: 0...60, using: &generator) }
    return (
      Image(width: width, height: height, pixels: pixels),
      (0..<9 * count).map { _ in Float.random(in: 0...1, using: &generator) }
    )
  }

  private func filter(_ image: Image, threads: Int = 1) -> AppearanceFilter {
    AppearanceFilter(image, positionDeviation: 5, colorDeviation: 20, threads: threads)
  }

  @Test("its weights are symmetric: x . W y is y . W x") func symmetric() {
    let (image, planes) = noise()
    let count = width * height
    let (x, y) = (Array(planes[..<count]), Array(planes[count..<2 * count]))
    let sums = filter(image)(x + y, planeCount: 2)
    func product(_ a: [Float], _ b: ArraySlice<Float>) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0 * $1.1) } }
    let (xy, yx) = (product(x, sums[count...]), product(y, sums[..<count]))
    #expect(abs(xy - yx).isWithin(1e-5 * abs(xy)), "\(xy), \(yx)")
  }

  @Test("sums are near those over all pairs that the lattice stands for, and rows sum to about 1") func allPairs() {
    let (image, planes) = noise()
    let count = width * height
    func kernel(_ i: Int, _ j: Int) -> Double {
      var distance = 0.0
      for difference in [i / width - j / width, i % width - j % width] { distance += pow(Double(difference) / 5, 2) }
      for channel in 0..<3 {
        let difference = Int(image.pixels[3 * i + channel]) - Int(image.pixels[3 * j + channel])
        distance += pow(Double(difference) / 20, 2)
      }
      return exp(-distance / 2)
    }
    let weights = (0..<count).map { i in (0..<count).map { j in kernel(i, j) } }
    let scale = weights.map { row in 1 / row.reduce(0, +).squareRoot() }
    let expected = (0..<count).map { i in
      var sum = 0.0
      for j in 0..<count { sum += weights[i][j] * scale[j] * Double(planes[j]) }
      return sum * scale[i]
    }
    let sums = filter(image)(Array(planes[..<count]) + [Float](repeating: 1, count: count), planeCount: 2)
    let closeness = Closeness(sums[..<count].map(Double.init), expected)
    #expect(closeness.worst.isWithin(0.15), "\(closeness)")
    let mean = sums[count...].reduce(0, +) / Float(count)
    #expect(abs(mean - 1).isWithin(0.05), "\(mean)")
  }

  @Test("the result is the same bit by bit for any number of threads", arguments: [2, 7]) func threads(count: Int) {
    let (image, planes) = noise()
    #expect(filter(image, threads: count)(planes, planeCount: 9) == filter(image)(planes, planeCount: 9))
  }
}
