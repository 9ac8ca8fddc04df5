import Foundation

/// How LibTorch's threads wait for each other: asleep, not spinning.
///
/// OpenMP's threads spin while they wait. Where other programs keep cores busy, they delay the thread that they wait
/// for: on two cores with two others computing, prediction took 5 to 20 times as long (0.63 and 1.87 s a photograph) as
/// with waiting threads that sleep (0.11 and 0.13 s). OpenMP reads its variable before a program begins, so that the
/// program has to be restarted to set it. On idle cores no difference was seen beyond the noise (training the demo,
/// three runs each in turn: 12.8 to 15.9 images/s asleep, 13.1 to 15.3 spinning).
enum PassiveThreads {
  private static let policy = "OMP_WAIT_POLICY"

  /// Restarts this process's program with threads that sleep, unless its environment sets how they wait.
  ///
  /// To be called before anything else; where the program cannot be restarted, it continues unchanged.
  static func begin() {
    #if os(Linux)
      let environment = ProcessInfo.processInfo.environment
      guard environment[policy] == nil, environment["GOMP_SPINCOUNT"] == nil else { return }
      // The program's own path, so that tools that list processes still show its name.
      guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return }
      setenv(policy, "passive", 1)
      var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
      execv(program, &arguments)
      for argument in arguments { free(argument) }
    #endif
  }
}
