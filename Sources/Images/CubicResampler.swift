/// Bicubic resampling of up to three channels at once, of those rows and columns that a crop keeps.
///
/// Every source row that is needed is widened to pixels of one lane a channel, resampled along the row once, and parted
/// into planes. Four such rows, kept in a ring, are then weighted into a target row.
struct CubicResampler {
  /// A channel in each of the first three lanes.
  typealias Pixel = SIMD4<Float>
  static let mostChannels = 3

  /// Four rows of a plane and their weights: a target row, computed where it is looked at.
  struct Row {
    let rows: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>)
    let weights: SIMD4<Float>

    @inline(__always)
    subscript(x: Int) -> Float {
      rows.0[x] * weights[0] + rows.1[x] * weights[1] + rows.2[x] * weights[2] + rows.3[x] * weights[3]
    }
  }

  /// The source columns that have weight; the outermost two are repeated beyond.
  private let needed: Range<Int>
  private let lastRow: Int
  /// Filled up to a multiple of four.
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

  /// Asks `load` for rows of the mirrored source (index, wanted columns, where to put them) in rising order, and hands
  /// `store` every target row (index, channel, its values).
  @inline(__always)
  func run(
    channels: Int, load: (Int, Range<Int>, UnsafeMutablePointer<Pixel>) -> Void, store: (Int, Int, Row) -> Void
  ) {
    // Two pixels are repeated on either side, so that no tap has to be tested.
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
        let place = bytes + x * MemoryLayout<Float>.stride
        place.storeBytes(of: Pixel(p.x, q.x, r.x, s.x), as: Pixel.self)
        place.storeBytes(of: Pixel(p.y, q.y, r.y, s.y), toByteOffset: planeSize, as: Pixel.self)
        place.storeBytes(of: Pixel(p.z, q.z, r.z, s.z), toByteOffset: 2 * planeSize, as: Pixel.self)
      }
    }
  }

  @inline(__always)
  private func resampled(_ tap: Scaling.CubicTap, _ origin: UnsafeMutablePointer<Pixel>) -> Pixel {
    let p = origin + tap.first
    return p[0] * tap.weights[0] + p[1] * tap.weights[1] + p[2] * tap.weights[2] + p[3] * tap.weights[3]
  }
}
