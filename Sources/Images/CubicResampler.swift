/// Bicubic resampling of up to four channels at once, one in each lane.
///
/// Every source row that is needed is widened to four lanes and resampled along the row once; four such rows, kept in
/// a ring, are then weighted into a target row.
struct CubicResampler {
  typealias Pixel = SIMD4<Float>

  let source: (width: Int, height: Int)
  let target: (width: Int, height: Int)
  private let columns: [(first: Int, weights: Pixel)]
  private let rows: [(first: Int, weights: Pixel)]

  init(width: Int, height: Int, factor: Double) {
    let horizontal = Scaling(source: width, factor: factor)
    let vertical = Scaling(source: height, factor: factor)
    source = (width, height)
    target = (horizontal.length, vertical.length)
    columns = horizontal.cubicTaps
    rows = vertical.cubicTaps
  }

  /// Asks `load` for source rows (index, where to put `source.width` pixels) in rising order, and hands `store` every
  /// target row (index, the four rows to weight, their weights).
  @inline(__always)
  func run(
    load: (Int, UnsafeMutablePointer<Pixel>) -> Void,
    store: (Int, (Int) -> Pixel) -> Void
  ) {
    // Two pixels are repeated on either side, so that no tap has to be tested.
    let padded = source.width + 4
    let width = target.width
    withUnsafeTemporaryAllocation(of: Pixel.self, capacity: padded + 4 * width) { scratch in
      guard let line = scratch.baseAddress else { return }
      let ring = line + padded
      var held = (-1, -1, -1, -1)  // the source row in each quarter of the ring

      func row(_ index: Int) -> UnsafePointer<Pixel> {
        let y = min(max(index, 0), source.height - 1)
        let place = ring + (y & 3) * width
        let fresh =
          switch y & 3 {
          case 0: replace(&held.0, y)
          case 1: replace(&held.1, y)
          case 2: replace(&held.2, y)
          default: replace(&held.3, y)
          }
        if fresh { resampleRow(y, line, place, load) }
        return UnsafePointer(place)
      }

      for (y, tap) in rows.enumerated() {
        let (a, b, c, d) = (row(tap.first - 1), row(tap.first), row(tap.first + 1), row(tap.first + 2))
        let w = tap.weights
        let (wa, wb, wc, wd) = (
          Pixel(repeating: w[0]), Pixel(repeating: w[1]), Pixel(repeating: w[2]), Pixel(repeating: w[3])
        )
        store(y) { x in a[x] * wa + b[x] * wb + c[x] * wc + d[x] * wd }
      }
    }
  }

  @inline(__always)
  private func replace(_ held: inout Int, _ y: Int) -> Bool {
    defer { held = y }
    return held != y
  }

  @inline(__always)
  private func resampleRow(
    _ y: Int, _ line: UnsafeMutablePointer<Pixel>, _ place: UnsafeMutablePointer<Pixel>,
    _ load: (Int, UnsafeMutablePointer<Pixel>) -> Void
  ) {
    load(y, line + 2)
    (line[0], line[1]) = (line[2], line[2])
    let last = line[source.width + 1]
    (line[source.width + 2], line[source.width + 3]) = (last, last)
    columns.withUnsafeBufferPointer { columns in
      for x in 0..<target.width {
        let w = columns[x].weights
        let p = line + (columns[x].first + 1)
        place[x] = p[0] * w[0] + p[1] * w[1] + p[2] * w[2] + p[3] * w[3]
      }
    }
  }
}
