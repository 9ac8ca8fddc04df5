import Foundation
import Processes
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite(.serialized) struct ProcessMonitorTests {
  private func launch(_ rank: Int, of count: Int = 2, at port: UInt16, run: String? = nil) -> LaunchEnvironment {
    LaunchEnvironment(rank: rank, count: count, localRank: 0, host: "127.0.0.1", port: port, run: run, startTimeout: 1)
  }

  private func watch(_ launch: LaunchEnvironment) throws -> ProcessMonitor {
    try ProcessMonitor(launch, name: "number \(launch.rank)") { _ in }
  }

  private func expectSentence(_ error: RendezvousError?, _ parts: String...) {
    let text = error?.description ?? ""
    #expect(parts.allSatisfy(text.contains), "\(text)")
    #expect(!text.contains("raised from") && !text.contains("\n"), "\(text)")
  }

  @Test("where nobody listens, the address and what was wrong with it are told")
  func nobody() throws {
    let port = try Ranks.freePort()
    let error = #expect(throws: RendezvousError.self) { try watch(launch(1, at: port)) }
    expectSentence(error, "127.0.0.1:\(port)", "within 1 s", "MASTER_PORT")
    let host = LaunchEnvironment(
      rank: 1, count: 2, localRank: 0, host: "nowhere.invalid", port: port, startTimeout: 1)
    let unknown = #expect(throws: RendezvousError.self) { try watch(host) }
    expectSentence(unknown, "nowhere.invalid", "MASTER_ADDR")
  }

  @Test("a program that listens and never answers is not waited for without end")
  func silentListener() throws {
    let port = try Ranks.freePort()
    let listener = try Stranger(listeningAt: port)
    withExtendedLifetime(listener) {
      let error = #expect(throws: RendezvousError.self) { try watch(launch(1, at: port)) }
      expectSentence(error, "127.0.0.1:\(port)", "does not answer")
    }
  }

  @Test("process 0 tells that its port is in use")
  func portInUse() throws {
    let port = try Ranks.freePort()
    let listener = try Stranger(listeningAt: port)
    withExtendedLifetime(listener) {
      let error = #expect(throws: RendezvousError.self) { try watch(launch(0, at: port)) }
      expectSentence(error, "127.0.0.1:\(port)", "in use", "MASTER_PORT")
    }
  }

  @Test("processes that do not come are named")
  func missing() throws {
    let watch = try watch(launch(0, of: 3, at: Ranks.freePort()))
    let error = #expect(throws: RendezvousError.self) { try ProcessGroup(watch, on: .cpu) }
    expectSentence(error, "3 processes", "1 came", "without process 1, 2")
  }

  @Test("whoever waits can be asked to stop")
  func cancelled() throws {
    let launch = LaunchEnvironment(rank: 1, count: 2, localRank: 0, host: "127.0.0.1", port: try Ranks.freePort())
    let error = #expect(throws: RendezvousError.self) {
      try ProcessMonitor(launch, name: "", isCancelled: { true }, onLoss: { _ in })
    }
    expectSentence(error, "stopped")
  }

  @Test("neither a second process of one rank nor one of another job takes part, and those that do go on")
  func intruders() throws {
    let port = try Ranks.freePort()
    let sums = try Ranks.join(2, port: port) { watch in
      if watch.launch.rank == 1 {
        let twin = #expect(throws: RendezvousError.self) { try self.watch(self.launch(1, at: port)) }
        self.expectSentence(twin, "Another process 1 of 2", "RANK")
        let count = #expect(throws: ProcessSettingsError.self) { try self.watch(self.launch(2, of: 3, at: port)) }
        #expect(count?.variable == "WORLD_SIZE")
        let run = #expect(throws: ProcessSettingsError.self) { try self.watch(self.launch(1, at: port, run: "night")) }
        #expect(run?.variable == "TORCHELASTIC_RUN_ID")
      }
      return try ProcessGroup(watch, on: .cpu).sums([Double(watch.launch.rank + 1)])
    }
    #expect(sums == [[3], [3]])
  }

  @Test("what strangers send to the port of process 0 does no harm")
  func strangers() throws {
    let port = try Ranks.freePort()
    let sums = try Ranks.join(2, port: port) { watch in
      let group = try ProcessGroup(watch, on: .cpu)
      var halfOpen: [Stranger] = []
      if watch.launch.rank == 1 {
        for _ in 0..<20 {
          try Stranger(connectingTo: port).send([])
          try Stranger(connectingTo: port).send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
          // Its answers come to a connection that is closed.
          let questions = (0..<2000).flatMap { _ in Stranger.question }
          try Stranger(connectingTo: port).send(Stranger.greeting + questions)
        }
        halfOpen.append(try Stranger(connectingTo: port))
        halfOpen.append(try Stranger(connectingTo: port))
        halfOpen[1].send(Array(Stranger.greeting.prefix(3)))
        let liar = try Stranger(connectingTo: port)
        for prefix in ["blpseg/0", "blpseg"] {
          let status = #"{"beat":1,"state":"failed","name":"liar","problem":"lies"}"#
          liar.send(Stranger.greeting + Stranger.setting("\(prefix)/status/1", status))
        }
        halfOpen.append(liar)
      }
      let text = try group.broadcast { "after the strangers" }
      Thread.sleep(forTimeInterval: 1.5)
      let sum = try group.sums([Double(group.rank + 1)])
      return withExtendedLifetime(halfOpen) { "\(text) \(sum)" }
    }
    #expect(sums == ["after the strangers [3.0]", "after the strangers [3.0]"])
  }

  #if os(Linux)
    @Test("process 0 listens at the address that it was given alone")
    func address() throws {
      let port = try Ranks.freePort()
      let watch = try watch(launch(0, at: port))
      let ending = String(format: ":%04X", port)
      var listeners: [String] = []
      for name in ["tcp", "tcp6"] {
        for line in try String(contentsOfFile: "/proc/net/\(name)", encoding: .utf8).split(separator: "\n") {
          let fields = line.split(separator: " ").map(String.init)
          if fields.count > 3, fields[3] == "0A", fields[1].hasSuffix(ending) { listeners.append(fields[1]) }
        }
      }
      #expect(listeners == [String(format: "0100007F:%04X", port)])
      watch.stop()
    }
  #endif

  /// Connects to the other processes, and returns when all are connected: one that ends earlier breaks the others' connections.
  private func meet(_ watch: ProcessMonitor) throws { try ProcessGroup(watch, on: .cpu).waitForAll() }

  @Test("what a process says before it ends is what the others report, as is one that leaves them alone")
  func loss() throws {
    let losses = try Ranks.join(2) { watch -> String? in
      try meet(watch)
      if watch.launch.rank == 1 {
        watch.tell("the disk is full")
        return nil
      }
      return watch.cause()?.description
    }
    #expect(losses[0] == "Process 1 of 2 (number 1) failed: the disk is full")

    let left = try Ranks.join(2) { watch -> String? in
      try meet(watch)
      return watch.launch.rank == 1 ? nil : watch.cause()?.description
    }
    #expect(left[0] == "Process 1 of 2 (number 1) ended or stopped answering")
  }

  @Test("a process that waits for a text of process 0 learns why none comes")
  func failedBroadcast() throws {
    struct Problem: Error {}
    let found = try Ranks.join(2) { watch -> String? in
      // Both have come before one of them fails.
      try meet(watch)
      do {
        return try watch.explaining { try watch.broadcast { throw Problem() } }
      } catch {
        return "\(error)"
      }
    }
    #expect(found == ["Problem()", "Process 0 of 2 (number 0) failed: Problem()"])
  }
}
