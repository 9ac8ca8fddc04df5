import Processes
import Testing

@Suite struct LaunchEnvironmentTests {
  private let complete = [
    "WORLD_SIZE": "4", "RANK": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "29500",
  ]

  @Test("the usual variables say which process this is and where the others are")
  func usualVariables() throws {
    let launch = try #require(try LaunchEnvironment(environment: complete))
    #expect(launch == LaunchEnvironment(rank: 2, count: 4, localRank: 1, host: "node0", port: 29500))
    #expect(!launch.isFirst)
  }

  @Test("what torchrun adds is understood")
  func torchrun() throws {
    let added = [
      "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "3", "TORCHELASTIC_RUN_ID": "night",
    ]
    let launch = try #require(try LaunchEnvironment(environment: complete.merging(added) { $1 }))
    #expect(launch.launcherServes)
    #expect(launch.restarts == 3)
    #expect(launch.run == "night")
  }

  @Test("how long the others are waited for can be set")
  func startTimeout() throws {
    #expect(try LaunchEnvironment(environment: complete)?.startTimeout == 60)
    let longer = complete.merging(["BLPSEG_START_TIMEOUT": "900"]) { $1 }
    #expect(try LaunchEnvironment(environment: longer)?.startTimeout == 900)
  }

  @Test("a process without WORLD_SIZE, or in a world of one, is alone")
  func alone() throws {
    #expect(try LaunchEnvironment(environment: ["RANK": "0"]) == nil)
    #expect(try LaunchEnvironment(environment: ["WORLD_SIZE": "1"]) == nil)
  }

  @Test(
    "a variable that is missing or out of range is named",
    arguments: [
      ("RANK", nil), ("RANK", "4"), ("RANK", "-1"), ("RANK", "two"), ("MASTER_ADDR", nil), ("MASTER_ADDR", ""),
      ("MASTER_PORT", nil), ("MASTER_PORT", "0"), ("MASTER_PORT", "70000"), ("WORLD_SIZE", "0"), ("LOCAL_RANK", "9"),
      ("BLPSEG_START_TIMEOUT", "0"), ("BLPSEG_START_TIMEOUT", "soon"),
    ] as [(String, String?)])
  func badVariable(name: String, value: String?) throws {
    var environment = complete
    environment[name] = value
    let error = #expect(throws: ProcessSettingsError.self) { try LaunchEnvironment(environment: environment) }
    #expect(error?.variable == name)
  }
}
