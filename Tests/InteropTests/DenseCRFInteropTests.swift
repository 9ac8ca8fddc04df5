import CRF
import Foundation
import Images
import TestSupport
import Testing

/// A photograph with probabilities, for both programs.
private struct Example {
  let image: Image
  let classCount: Int
  let probability: [Float]

  /// Any image with random probabilities, of which few are large.
  init(_ image: Image, classCount: Int) {
    var generator = Xorshift()
    let count = image.width * image.height
    let weights = (0..<count * classCount).map { _ in pow(Float.random(in: 0.001...1, using: &generator), 4) }
    let sums = (0..<count).map { i in (0..<classCount).reduce(Float(0)) { $0 + weights[$1 * count + i] } }
    self.image = image
    self.classCount = classCount
    probability = weights.indices.map { weights[$0] / sums[$0 % count] }
  }

  /// Noise of 64 grey levels on a slope that begins at `darkest`.
  static func noise(width: Int, height: Int, classCount: Int, darkest: UInt8 = 0) -> Example {
    var generator = Xorshift()
    let pixels = (0..<width * height * 3).map { i in
      darkest + UInt8(90 * (i / 3 % width) / width) + UInt8.random(in: 0..<64, using: &generator)
    }
    return Example(Image(width: width, height: height, pixels: pixels), classCount: classCount)
  }

  func refined(steps: Int, threads: Int) -> [Float] {
    var settings = DenseCRF.Settings()
    settings.steps = steps
    return DenseCRF(settings).refined(probability, classCount: classCount, image: image, threads: threads)
  }

  /// What pydensecrf makes of it, and what it takes when it is warm.
  func refinedByPeer(steps: Int) throws -> (probability: [Float], cost: Cost) {
    let folder = try TemporaryFolder()
    try folder.write("image", image.pixels)
    try folder.write("probability", probability.withUnsafeBytes { [UInt8]($0) })
    let printed = try Peer.run(
      "dense_crf", [folder.path] + [image.width, image.height, classCount, steps].map(String.init))
    let refined = try Data(contentsOf: URL(fileURLWithPath: folder("refined")))
    let seconds = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    try #require(seconds.count == 3, "\(printed)")
    return (
      refined.withUnsafeBytes { [Float]($0.bindMemory(to: Float.self)) }, Cost(seconds[0], seconds[1], seconds[2])
    )
  }
}

/// Seconds by the clock, seconds of all processors together, and megabytes by which memory grew for a time.
private struct Cost {
  var elapsed: Double
  var processor: Double
  var growth: Double

  init(_ elapsed: Double, _ processor: Double, _ growth: Double) {
    (self.elapsed, self.processor, self.growth) = (elapsed, processor, growth)
  }

  /// What `body` takes.
  init(of body: () -> Void) {
    // Linux forgets the highest memory so far when it is told to.
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = Cost.kilobytes("VmRSS")
    let (start, ticks) = (ContinuousClock.now, clock())
    body()
    // A tick is a microsecond on every POSIX system.
    let (elapsed, processor) = ((.now - start) / .seconds(1), Double(clock() - ticks) / 1e6)
    self.init(elapsed, processor, (Cost.kilobytes("VmHWM") - before) / 1024)
  }

  /// Memory of this process as Linux counts it; 0 elsewhere.
  private static func kilobytes(_ key: String) -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(key) }
    return line.flatMap { Double($0.split(whereSeparator: \.isWhitespace)[1]) } ?? 0
  }

  static func summary(_ name: String, _ all: [Cost]) -> String {
    let texts = [all.map(\.elapsed), all.map(\.processor)].map { seconds in
      let sorted = seconds.map { Int(($0 * 1000).rounded()) }.sorted()
      return "\(sorted[sorted.count / 2]) (\(sorted[0])...\(sorted[sorted.count - 1])) ms"
    }
    return "\(name): \(texts[0]) elapsed, \(texts[1]) of processor time; median, least, most of \(all.count); "
      + "memory grew by \(Int(all[0].growth.rounded())) MB the first time"
  }
}

@Suite(.serialized, .enabled(if: Peer.isInstalled, "run Scripts/setup-interop to install the counterparts"))
struct DenseCRFInteropTests {
  @Test(
    "images of several sizes and numbers of classes come out as pydensecrf refines them",
    arguments: [(1, 1, 2), (7, 1, 3), (1, 50, 2), (64, 48, 5), (100, 68, 21), (40, 30, 60)], [1, 5])
  func noise(size: (width: Int, height: Int, classCount: Int), steps: Int) throws {
    let example = Example.noise(width: size.width, height: size.height, classCount: size.classCount)
    let closeness = Closeness(
      example.refined(steps: steps, threads: 2), try example.refinedByPeer(steps: steps).probability)
    print("dense CRF, \(size.width) x \(size.height), \(size.classCount) classes, \(steps) steps: \(closeness)")
    #expect(closeness.worst < 1e-5, "\(closeness)")
  }

  // Where the number of pixels is not a multiple of four, pydensecrf fills up with black ones in the upper left corner.
  // They weigh nothing, but their vertices let the blur through; ours has no such vertices (Docs/Benchmarks.md).
  @Test("an odd number of pixels, none of them near black, comes out as pydensecrf refines it", arguments: [1, 5])
  func oddCount(steps: Int) throws {
    let example = Example.noise(width: 101, height: 67, classCount: 21, darkest: 100)
    let closeness = Closeness(
      example.refined(steps: steps, threads: 2), try example.refinedByPeer(steps: steps).probability)
    print("dense CRF, 101 x 67, 21 classes, \(steps) steps: \(closeness)")
    #expect(closeness.worst < 1e-5, "\(closeness)")
  }

  @Test("a photograph of 500 x 375 with 21 classes comes out as pydensecrf refines it; the times are printed")
  func photograph() throws {
    let photograph = try Image(contentsOf: Fixture.demo("JPEGImages/Bengal_93.jpg")).resizedCubic(by: 1.5625)
    try #require((photograph.width, photograph.height) == (500, 375))
    let example = Example(photograph, classCount: 21)
    for steps in [1, 5] {
      var (peer, one, two): ([Cost], [Cost], [Cost]) = ([], [], [])
      for _ in 0..<7 {
        let expected = try example.refinedByPeer(steps: steps)
        peer.append(expected.cost)
        var (refined, again): ([Float], [Float]) = ([], [])
        one.append(Cost(of: { refined = example.refined(steps: steps, threads: 1) }))
        two.append(Cost(of: { again = example.refined(steps: steps, threads: 2) }))
        #expect(refined == again)
        let closeness = Closeness(refined, expected.probability)
        #expect(closeness.worst < 1e-5, "\(closeness)")
        if peer.count == 1 { print("dense CRF, photograph, \(steps) steps: \(closeness)") }
      }
      for (name, costs) in [("pydensecrf", peer), ("1 thread", one), ("2 threads", two)] {
        print("dense CRF, photograph, \(steps) steps,", Cost.summary(name, costs))
      }
    }
  }
}
