import Foundation

/// A socket of a program that has nothing to do with ours.
public final class Stranger {
  struct Failure: Error {}

  private let descriptor: Int32

  /// Connects to a port of this machine.
  public init(connectingTo port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.with(port, { connect(descriptor, $0, $1) }) == 0 else { throw Failure() }
  }

  /// Listens at a port of this machine, and never says a word.
  public init(listeningAt port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.with(port, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else { throw Failure() }
  }

  deinit { close(descriptor) }

  public func send(_ bytes: [UInt8]) {
    _ = Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// The first bytes of a connection to c10d's store.
  public static let greeting: [UInt8] = [0, 0xCE, 0xF7, 0x85, 0x3C]
  /// A question to c10d's store that needs no key: how many it has.
  public static let question: [UInt8] = [7]

  /// Sets a key of c10d's store.
  public static func setting(_ key: String, _ value: String) -> [UInt8] {
    func text(_ text: String) -> [UInt8] {
      withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
    }
    return [1] + text(key) + text(value)
  }

  private static func with(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = port.bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}
