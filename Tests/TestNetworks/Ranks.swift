import Foundation
import Processes
import Tensors

/// Several members of one process group, each on a thread of its own, as processes are on one machine.
public enum Ranks {
  struct Unfinished: Error {}

  /// Calls `body` once for each of `count` ranks at the same time; returns what each returned.
  package static func run<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ProcessGroup) throws -> Value
  ) throws -> [Value] {
    try join(count) { watch in
      let group = try ProcessGroup(watch, on: .cpu)
      let value = try body(group)
      try group.waitForAll()
      return value
    }
  }

  /// Calls `body` once for each of `count` ranks at the same time, with what watches the others there.
  package static func join<Value: Sendable>(
    _ count: Int, port: UInt16? = nil, _ body: @escaping @Sendable (ProcessMonitor) throws -> Value
  ) throws -> [Value] {
    let port = try port ?? freePort()
    let results = Results<Value>(count)
    let done = DispatchGroup()
    for rank in 0..<count {
      done.enter()
      let thread = Thread {
        results[rank] = Result {
          let launch = LaunchEnvironment(rank: rank, count: count, localRank: rank, host: "127.0.0.1", port: port)
          return try body(ProcessMonitor(launch, name: "number \(rank)") { _ in })
        }
        done.leave()
      }
      thread.stackSize = 16 << 20
      thread.start()
    }
    guard done.wait(timeout: .now() + 120) == .success else { throw Unfinished() }
    return try (0..<count).map { rank in
      guard let result = results[rank] else { throw Unfinished() }
      return try result.get()
    }
  }

  /// A free port of this machine.
  public static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) != 0 || getsockname(descriptor, address, &size) != 0
      }
    }
    if failed { throw Unfinished() }
    return UInt16(bigEndian: address.sin_port)
  }

  private final class Results<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Result<Value, any Error>?]

    init(_ count: Int) { values = Array(repeating: nil, count: count) }

    subscript(rank: Int) -> Result<Value, any Error>? {
      get { lock.withLock { values[rank] } }
      set { lock.withLock { values[rank] = newValue } }
    }
  }
}
