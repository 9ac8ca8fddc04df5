import Foundation
import Images
import TensorBoard
import TestImages
import TestSupport
import Testing

@Suite(.enabled(if: Peer.isInstalled, "run Scripts/setup-interop to install the counterparts"))
struct TensorBoardInteropTests {
  /// What TensorBoard's own reader finds in a folder.
  private struct Board: Decodable {
    struct Scalar: Decodable {
      let step: Int
      let value: String
      let time: Double
    }
    struct Picture: Decodable {
      let step: Int
      let width: Int
      let height: Int
      let pixels: [UInt8]
    }
    let scalars: [String: [Scalar]]
    let images: [String: [Picture]]

    init(_ folder: TemporaryFolder) throws {
      let text = try Peer.run("tensorboard_events", [folder.path])
      self = try JSONDecoder().decode(Board.self, from: Data(text.utf8))
    }

    func steps(_ tag: String) -> [Int]? { scalars[tag]?.map(\.step) }
  }

  /// A picture in which no two bytes beside each other are equal.
  private func picture(_ width: Int, _ height: Int) -> Image {
    Image(width: width, height: height, pixels: (0..<width * height * 3).map { UInt8($0 * 37 % 251) })
  }

  @Test("TensorBoard reads every scalar with its tag, step and value, in the order of time")
  func scalars() throws {
    let folder = try TemporaryFolder()
    let values = [0.1, -2.5e-7, 3e38, 0, .infinity, 1.0 / 3, .nan]
    do {
      let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
      for (i, value) in values.enumerated() {
        try file.add(scalar: value, tag: "loss/scribble", step: (i + 1) * 100)
        try file.add(scalar: -value, tag: "Ähre 🌾", step: i)
      }
    }
    let board = try Board(folder)
    #expect(board.scalars.count == 2 && board.images.isEmpty)
    let found = try #require(board.scalars["loss/scribble"])
    #expect(found.map(\.step) == [100, 200, 300, 400, 500, 600, 700])
    #expect(found.map { Float($0.value)?.bitPattern } == values.map { Float($0).bitPattern })
    #expect(found.map(\.time) == found.map(\.time).sorted())
    #expect(board.steps("Ähre 🌾") == [0, 1, 2, 3, 4, 5, 6])
  }

  @Test("TensorBoard reads images with all their pixels")
  func images() throws {
    let folder = try TemporaryFolder()
    let small = picture(5, 3)
    let grid = Image(grid: [[small, small.mirrored()], [small, small]])
    do {
      let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
      try file.add(image: small, tag: "photograph", step: 1)
      try file.add(
        image: grid, tag: "photograph", step: 2)
    }
    let found = try #require(try Board(folder).images["photograph"])
    #expect(found.map(\.step) == [1, 2])
    #expect(found.map(\.width) == [5, grid.width] && found.map(\.height) == [3, grid.height])
    #expect(found.map(\.pixels) == [small.pixels, grid.pixels])
  }

  @Test("TensorBoard drops what an interrupted start wrote after the step that a later one continues from")
  func restart() throws {
    let folder = try TemporaryFolder()
    do {
      let first = try EventFile(inFolder: folder.path, keepingUpTo: 0)
      for step in 1...6 { try first.add(scalar: 1, tag: "loss", step: step) }
      for step in 1...6 { try first.add(image: picture(2, 2), tag: "images", step: step) }
      let second = try EventFile(inFolder: folder.path, keepingUpTo: 4)
      for step in 5...7 { try second.add(scalar: 2, tag: "loss", step: step) }
      let third = try EventFile(inFolder: folder.path, keepingUpTo: 6)
      try third.add(scalar: 3, tag: "loss", step: 7)
    }
    let board = try Board(folder)
    #expect(board.steps("loss") == [1, 2, 3, 4, 5, 6, 7])
    #expect(board.scalars["loss"]?.map(\.value) == ["1.0", "1.0", "1.0", "1.0", "2.0", "2.0", "3.0"])
    #expect(board.images["images"]?.map(\.step) == [1, 2, 3, 4])
  }

  @Test("TensorBoard leaves out a last record that is cut short anywhere, and reads on in the next file")
  func cutShort() throws {
    let whole = try TemporaryFolder()
    let file = try EventFile(inFolder: whole.path, keepingUpTo: 0)
    try file.add(scalar: 1, tag: "loss", step: 1)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
    try file.add(scalar: 1, tag: "loss", step: 2)
    let more = try Data(contentsOf: URL(fileURLWithPath: file.path))
    for length in [bytes.count + 1, bytes.count + 9, bytes.count + 20, more.count - 1] {
      let folder = try TemporaryFolder()
      try folder.write("events.out.tfevents.1000000000.1", [UInt8](more.prefix(length)))
      let next = try EventFile(inFolder: folder.path, keepingUpTo: 1)
      try next.add(scalar: 1, tag: "loss", step: 3)
      #expect(try Board(folder).steps("loss") == [1, 3], "\(length) of \(more.count) bytes")
    }
  }
}
