import Processes
import Testing

@Suite struct ProcessPlaceTests {
  private let complete = [
    "WORLD_SIZE": "4", "RANK": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "29500",
  ]

  @Test("the usual variables say which process this is and where the others are")
  func usualVariables() throws {
    let place = try #require(try ProcessPlace(environment: complete))
    #expect(place == ProcessPlace(rank: 2, count: 4, localRank: 1, host: "node0", port: 29500))
    #expect(!place.isFirst)
  }

  @Test("what torchrun adds is understood")
  func torchrun() throws {
    let added = [
      "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "3", "TORCHELASTIC_RUN_ID": "night",
    ]
    let place = try #require(try ProcessPlace(environment: complete.merging(added) { $1 }))
    #expect(place.launcherServes)
    #expect(place.restarts == 3)
    #expect(place.run == "night")
  }

  @Test("how long the others are waited for can be set")
  func startTimeout() throws {
    #expect(try ProcessPlace(environment: complete)?.startTimeout == 60)
    let longer = complete.merging(["BLPSEG_START_TIMEOUT": "900"]) { $1 }
    #expect(try ProcessPlace(environment: longer)?.startTimeout == 900)
  }

  @Test("a process without WORLD_SIZE, or in a world of one, is alone")
  func alone() throws {
    #expect(try ProcessPlace(environment: ["RANK": "0"]) == nil)
    #expect(try ProcessPlace(environment: ["WORLD_SIZE": "1"]) == nil)
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
    let error = #expect(throws: ProcessSettingsError.self) { try ProcessPlace(environment: environment) }
    #expect(error?.variable == name)
  }
}
