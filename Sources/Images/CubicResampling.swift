extension Image {
  /// The photograph scaled by `factor` on both axes, bicubically, as OpenCV's INTER_CUBIC does on 8 bits.
  ///
  /// Each side is `side * factor` rounded half to even. Keys' cubic with a = -0.75, half-pixel centres, no
  /// antialiasing, border pixels repeated, coordinates from the factor itself.
  package func resizedCubic(by factor: Double) -> Image {
    let whole = Crop(wholeOf: width, height, factor: factor)
    let (newWidth, newHeight) = (whole.columns.count, whole.rows.count)
    let resized = [UInt8](unsafeUninitializedCapacity: 3 * whole.area) { resized, initialized in
      resample(whole) { y, channel, row in
        let start = 3 * y * newWidth + channel
        for x in 0..<newWidth { resized[start + 3 * x] = UInt8(row[x].roundedToByte) }
      }
      initialized = 3 * whole.area
    }
    return Image(width: newWidth, height: newHeight, pixels: resized)
  }

  /// Calls `store` with each row of the crop (index, channel, values around 0...255).
  @inline(__always)
  func resample(_ crop: Crop, store: (Int, Int, CubicResampler.Row) -> Void) {
    precondition(crop.fits(width, height), "a crop is for a picture of its size")
    pixels.withUnsafeBufferPointer { pixels in
      guard let pixels = pixels.baseAddress else { return }
      CubicResampler(crop).run(
        channels: 3,
        load: { y, columns, line in
          let first = crop.isMirrored ? width - 1 - columns.lowerBound : columns.lowerBound
          let step = crop.isMirrored ? -3 : 3
          var pixel = pixels + 3 * (y * width + first)
          for x in 0..<columns.count {
            line[x] = [Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 0]
            pixel += step
          }
        },
        store: store)
    }
  }
}

extension Float {
  /// The nearest whole number in 0...255, half to even: from 2^23 on the last bit of a float counts whole numbers.
  @inline(__always)
  var roundedToByte: Float { min(max(self, 0), 255) + 0x1p23 - 0x1p23 }
}

/// The scaling of one axis, as OpenCV's `resize` does it for a factor.
///
/// The length is `side * factor` rounded half to even, at least 1. Coordinates come from the factor itself, not from
/// the ratio of the rounded lengths.
struct Scaling: Sendable, Equatable {
  let source: Int
  let factor: Double

  init(source: Int, factor: Double) {
    precondition(factor > 0 && factor.isFinite, "a scale factor is positive")
    self.source = source
    self.factor = factor
  }

  var length: Int { Swift.max(1, Int((Double(source) * factor).rounded(.toNearestOrEven))) }

  /// The nearest source index of each of these target indices, as INTER_NEAREST takes it: `floor(i / factor)`.
  func nearest(_ targets: Range<Int>) -> [Int] {
    let step = 1 / factor
    return targets.map { min(Int(Double($0) * step), source - 1) }
  }

  /// The source index just before a target pixel's centre, and the four weights of the cubic through the source pixels
  /// from one before it to two after it.
  struct CubicTap {
    /// In `-1 ... source - 1`.
    let first: Int
    let weights: SIMD4<Float>
  }

  /// The taps of these target indices.
  ///
  /// Half-pixel centres, no antialiasing; Keys' cubic with a = -0.75 (R. Keys, "Cubic Convolution Interpolation for
  /// Digital Image Processing", 1981). Positions and weights are float32, as OpenCV has them.
  func cubicTaps(_ targets: Range<Int>) -> [CubicTap] {
    let step = 1 / factor
    return targets.map { i in
      let position = Float((Double(i) + 0.5) * step - 0.5)
      let before = position.rounded(.down)
      return CubicTap(
        first: min(max(Int(before), -1), source - 1), weights: Scaling.cubicWeights(position - before))
    }
  }

  private static func cubicWeights(_ t: Float) -> SIMD4<Float> {
    let a: Float = -0.75
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    let (first, second, third) = (far(t + 1), near(t), near(1 - t))
    return [first, second, third, 1 - first - second - third]
  }
}

/// Bicubic resampling of up to three channels at once, of those rows and columns that a crop keeps.
///
/// Each source row that is needed is expanded to one vector per pixel with a lane per channel, resampled along the row
/// once, and split into planes. A ring buffer holds four such rows, whose weighted sum is a target row.
struct CubicResampler {
  /// A channel in each of the first three lanes.
  typealias Pixel = SIMD4<Float>
  static let mostChannels = 3

  /// Four rows of a plane and their weights: a target row whose elements are computed on access.
  struct Row {
    let rows: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>)
    let weights: SIMD4<Float>

    @inline(__always)
    subscript(x: Int) -> Float {
      rows.0[x] * weights[0] + rows.1[x] * weights[1] + rows.2[x] * weights[2] + rows.3[x] * weights[3]
    }
  }

  /// The source columns with weights; the outermost two are repeated beyond.
  private let needed: Range<Int>
  private let lastRow: Int
  /// Padded to a multiple of four.
  private let columns: [Scaling.CubicTap]
  private let rows: [Scaling.CubicTap]

  init(_ crop: Crop) {
    let taps = crop.columns.scaling.cubicTaps(crop.columns.kept)
    let (first, last) = (taps[0], taps[taps.count - 1])
    needed = max(0, first.first - 1)..<min(crop.columns.scaling.source, last.first + 3)
    lastRow = crop.rows.scaling.source - 1
    columns = taps + Array(repeating: last, count: (4 - taps.count % 4) % 4)
    rows = crop.rows.scaling.cubicTaps(crop.rows.kept)
  }

  /// Calls `load` for rows of the mirrored source (index, columns, destination) in ascending order, and `store` with
  /// every target row (index, channel, values).
  @inline(__always)
  func run(
    channels: Int, load: (Int, Range<Int>, UnsafeMutablePointer<Pixel>) -> Void, store: (Int, Int, Row) -> Void
  ) {
    // Two pixels are repeated on either side, so that taps need no bounds check.
    let lineSize = (needed.count + 4) * MemoryLayout<Pixel>.stride
    let plane = columns.count
    let held = CubicResampler.mostChannels * plane
    let ringSize = 4 * held * MemoryLayout<Float>.stride
    withUnsafeTemporaryAllocation(byteCount: lineSize + ringSize, alignment: MemoryLayout<Pixel>.alignment) { scratch in
      guard let start = scratch.baseAddress else { return }
      let line = start.bindMemory(to: Pixel.self, capacity: needed.count + 4)
      let ring = (start + lineSize).bindMemory(to: Float.self, capacity: 4 * held)
      var ringRows = SIMD4(repeating: -1)  // the source row in each quarter of the ring

      func row(_ index: Int) -> UnsafePointer<Float> {
        let y = min(max(index, 0), lastRow)
        let planes = ring + (y & 3) * held
        if ringRows[y & 3] != y {
          ringRows[y & 3] = y
          load(y, needed, line + 2)
          resampleRow(line, to: planes)
        }
        return UnsafePointer(planes)
      }

      for (y, tap) in rows.enumerated() {
        let (a, b, c, d) = (row(tap.first - 1), row(tap.first), row(tap.first + 1), row(tap.first + 2))
        for channel in 0..<channels {
          let at = channel * plane
          store(y, channel, Row(rows: (a + at, b + at, c + at, d + at), weights: tap.weights))
        }
      }
    }
  }

  /// Resamples the needed pixels, which begin at `line + 2`, along the row.
  @inline(__always)
  private func resampleRow(_ line: UnsafeMutablePointer<Pixel>, to planes: UnsafeMutablePointer<Float>) {
    let end = line + (needed.count + 2)
    (line[0], line[1]) = (line[2], line[2])
    (end[0], end[1]) = (end[-1], end[-1])
    // The first of a tap's four pixels is the one before `tap.first`.
    let origin = line + (1 - needed.lowerBound)
    let bytes = UnsafeMutableRawPointer(planes)
    let planeSize = columns.count * MemoryLayout<Float>.stride
    columns.withUnsafeBufferPointer { columns in
      for x in stride(from: 0, to: columns.count, by: 4) {
        let p = resampled(columns[x], origin)
        let q = resampled(columns[x + 1], origin)
        let r = resampled(columns[x + 2], origin)
        let s = resampled(columns[x + 3], origin)
        let target = bytes + x * MemoryLayout<Float>.stride
        target.storeBytes(of: Pixel(p.x, q.x, r.x, s.x), as: Pixel.self)
        target.storeBytes(of: Pixel(p.y, q.y, r.y, s.y), toByteOffset: planeSize, as: Pixel.self)
        target.storeBytes(of: Pixel(p.z, q.z, r.z, s.z), toByteOffset: 2 * planeSize, as: Pixel.self)
      }
    }
  }

  @inline(__always)
  private func resampled(_ tap: Scaling.CubicTap, _ origin: UnsafeMutablePointer<Pixel>) -> Pixel {
    let p = origin + tap.first
    return p[0] * tap.weights[0] + p[1] * tap.weights[1] + p[2] * tap.weights[2] + p[3] * tap.weights[3]
  }
}
