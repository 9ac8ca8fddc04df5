import Tensors
import Testing

@Suite(.enabled(if: Peer.isInstalled, "run Scripts/setup-interop to install the counterparts"))
struct PeerTests {
  @Test("PyTorch as a counterpart is the version whose libraries the program uses")
  func sameTorch() throws {
    let lines = try Peer.run("versions").split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines.first?.hasPrefix("torch \(LibTorch.version)") == true, "\(lines)")
  }
}
