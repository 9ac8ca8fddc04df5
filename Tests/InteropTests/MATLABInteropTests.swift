import Datasets
import Files
import TestSupport
import Testing

@Suite(.enabled(if: Peer.isInstalled, "run Scripts/setup-interop to install the counterparts"))
struct MATLABInteropTests {
  @Test("label maps that SciPy wrote are read alike, whatever their type and compression")
  func scipy() throws {
    let folder = try TemporaryFolder()
    let names = try Peer.run("matlab", [folder.path]).split(separator: "\n").map(String.init)
    #expect(names.count == 20)
    for name in names {
      let table = try InputFile.lines("\(name).txt").map { $0.split(separator: " ").compactMap { UInt16($0) } }
      let matrix = try MATLABMatrix(contentsOf: "\(name).mat", variable: "LabelMap")
      #expect((matrix.rows, matrix.columns) == (table.count, table[0].count), "\(name)")
      #expect(matrix.values == table.flatMap { $0 }, "\(name)")
    }
  }
}
