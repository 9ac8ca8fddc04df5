import Annotations
import Files
import Images
import TestSupport
import Testing

@Suite("Shapes of marks") struct MarkShapeTests {
  @Test("A wide line is a row of discs of its width", arguments: 1...4) func width(_ width: Int) throws {
    let expected = [
      """
      . . . . . . . .
      . . . . . . . .
      . . . # # # . .
      . . . . . . . .
      . . . . . . . .
      """,
      """
      . . . . . . . .
      . . # # # # . .
      . . # # # # . .
      . . . . . . . .
      . . . . . . . .
      """,
      """
      . . . . . . . .
      . . # # # # # .
      . . # # # # # .
      . . # # # # # .
      . . . . . . . .
      """,
      """
      . . # # # # . .
      . # # # # # # .
      . # # # # # # .
      . . # # # # . .
      . . . . . . . .
      """,
    ]
    #expect(try drawn(.line([point(3, 2), point(5, 2)], width: width), 8, 5) == expected[width - 1])
  }

  @Test("A dot is a disc of twice its radius and one pixels", arguments: 0...3) func dot(_ radius: Int) throws {
    let expected = [
      """
      . . . . . . .
      . . . . . . .
      . . . . . . .
      . . . # . . .
      . . . . . . .
      . . . . . . .
      . . . . . . .
      """,
      """
      . . . . . . .
      . . . . . . .
      . . # # # . .
      . . # # # . .
      . . # # # . .
      . . . . . . .
      . . . . . . .
      """,
      """
      . . . . . . .
      . . # # # . .
      . # # # # # .
      . # # # # # .
      . # # # # # .
      . . # # # . .
      . . . . . . .
      """,
      """
      . . # # # . .
      . # # # # # .
      # # # # # # #
      # # # # # # #
      # # # # # # #
      . # # # # # .
      . . # # # . .
      """,
    ]
    #expect(try drawn(.dot(point(3, 3), radius: radius), 7, 7) == expected[radius])
    #expect(try drawn(.line([point(3, 3)], width: 2 * radius + 1), 7, 7) == expected[radius])
  }

  @Test("Discs end at the photograph's border, to which points outside are moved") func clipped() throws {
    let expected = """
      . . . .
      . . # #
      . . # #
      """
    #expect(try drawn(.dot(point(9, 9), radius: 1), 4, 3) == expected)
    #expect(try drawn(.dot(point(0, 0), radius: .max), 2, 2) == "# #\n# #")
    #expect(try drawn(.line([point(0, 0)], width: .max), 2, 2) == "# #\n# #")
    #expect(try drawn(.line([point(1, 0)], width: -5), 3, 1) == ". # .")
  }

  @Test("A region holds its corners, its outline and its inside") func triangle() throws {
    let expected = """
      . . . . . . .
      . # . . . . .
      . # # . . . .
      . # # # . . .
      . # # # # . .
      . # # # # # .
      . . . . . . .
      """
    let corners = [point(1, 1), point(5, 5), point(1, 5)]
    #expect(try drawn(.region(corners), 7, 7) == expected)
    #expect(try drawn(.region(corners.reversed()), 7, 7) == expected)
  }

  @Test("Where a region covers itself twice, it is open: the even-odd rule") func star() throws {
    // Two squares in one outline, the smaller one around a hole of 3 x 3 pixels; its outline belongs to the region.
    let corners = [
      point(0, 0), point(6, 0), point(6, 6), point(0, 6), point(0, 0),
      point(1, 1), point(5, 1), point(5, 5), point(1, 5), point(1, 1),
    ]
    let expected = """
      # # # # # # #
      # # # # # # #
      # # . . . # #
      # # . . . # #
      # # . . . # #
      # # # # # # #
      # # # # # # #
      """
    #expect(try drawn(.region(corners), 7, 7) == expected)
  }

  @Test("A region is cut off at the photograph's border, and not pushed inside") func cutOff() throws {
    let expected = """
      . . # # #
      . # # # #
      # # # # #
      """
    #expect(try drawn(.region([point(4, -2), point(-4, 6), point(12, 6)]), 5, 3) == expected)
    #expect(try drawn(.region([point(-9, -9), point(-2, -9), point(-2, 40)]), 2, 2) == ". .\n. .")
  }

  @Test("Regions of one and two corners, and of none, draw these pixels and their level or upright line")
  func degenerate() throws {
    #expect(try drawn(.region([]), 3, 1) == ". . .")
    #expect(try drawn(.region([point(1, 0)]), 3, 1) == ". # .")
    #expect(try drawn(.region([point(0, 0), point(2, 0)]), 4, 1) == "# # # .")
    #expect(try drawn(.region([point(1, 0), point(1, 2)]), 2, 3) == ". #\n. #\n. #")
  }

  @Test("A random region holds the pixels that the even-odd rule gives one by one") func randomRegions() throws {
    var random = Xorshift()
    for _ in 0..<300 {
      let (width, height) = (Int.random(in: 1...24, using: &random), Int.random(in: 1...24, using: &random))
      let corners = (0..<Int.random(in: 3...9, using: &random)).map { _ in
        point(Int.random(in: -8...30, using: &random), Int.random(in: -8...30, using: &random))
      }
      let map = try labels(.region(corners), width, height)
      for y in 0..<height {
        for x in 0..<width {
          let isInside = map.labels[y * width + x] == 1
          #expect(isInside == contains(corners, x, y), "\(corners) at \(x), \(y)")
        }
      }
    }
  }

  @Test("Marks lie over the bitmap, and marks alone need tags") func overBitmap() throws {
    let bitmap = LabelMap(width: 3, height: 1, labels: [2, 7, 255])
    var annotation = Annotation(width: 3, height: 1, bitmap: bitmap)
    #expect(try annotation.rasterized(ClassTags([])).labels == [2, 7, 255])
    annotation.marks = [Mark("cat", .dot(point(1, 0), radius: 0))]
    #expect(try annotation.rasterized(tags).labels == [2, 1, 255])
    #expect(throws: FileError.self) { try annotation.rasterized(ClassTags([])) }
  }

  @Test("More than hands draw is refused before it is drawn")
  func excessive() throws {
    let corners = (0..<20_000).map { point($0 % 2 == 0 ? 0 : 9, $0 % 2 == 0 ? 0 : 40_000) }
    for shape in [
      Mark.Shape.region(corners), .line(corners, width: 1), .line([point(0, 0), point(0, 40_000)], width: 90_000),
    ] {
      let error = #expect(throws: FileError.self) { try labels(shape, 30, 40_000) }
      #expect(error?.problem.contains("268435456 pixels") == true)
    }
  }

  private let tags = ClassTags(["background", "cat"])

  private func point(_ x: Int, _ y: Int) -> Mark.Point { Mark.Point(x: x, y: y) }

  private func labels(_ shape: Mark.Shape, _ width: Int, _ height: Int) throws -> LabelMap {
    try Annotation(width: width, height: height, marks: [Mark("cat", shape)]).rasterized(tags)
  }

  /// Rows of # where the shape is and . elsewhere.
  private func drawn(_ shape: Mark.Shape, _ width: Int, _ height: Int) throws -> String {
    let map = try labels(shape, width, height)
    return (0..<height).map { y in
      map.labels[y * width..<(y + 1) * width].map { $0 == 1 ? "#" : "." }.joined(separator: " ")
    }.joined(separator: "\n")
  }

  /// Whether a pixel's centre is on the outline, or an odd number of edges is to the left of it.
  private func contains(_ corners: [Mark.Point], _ x: Int, _ y: Int) -> Bool {
    var crossings = 0
    for (a, b) in zip(corners, corners.dropFirst() + corners.prefix(1)) {
      let side = (b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y)
      let isWithin = min(a.x, b.x)...max(a.x, b.x) ~= x && min(a.y, b.y)...max(a.y, b.y) ~= y
      if side == 0 && isWithin { return true }
      if (a.y <= y) != (b.y <= y) {
        let crossing = Double(a.x) + Double(y - a.y) * Double(b.x - a.x) / Double(b.y - a.y)
        if crossing < Double(x) { crossings += 1 }
      }
    }
    return crossings % 2 == 1
  }
}
