import Checkpoints
import Tensors
import Testing

@Suite struct StateDictTests {
  @Test("Names keep the order in which they were first set")
  func order() throws {
    var stateDict = StateDict()
    for name in ["b", "a", "c"] { stateDict[name] = try Tensor([Float(1)], [1]) }
    stateDict["b"] = try Tensor([Float(2)], [1])
    #expect(stateDict.names == ["b", "a", "c"])
    #expect(stateDict.map(\.name) == ["b", "a", "c"])
    #expect(try stateDict["b"]?.floats() == [2])
    #expect(stateDict.count == 3)
  }

  @Test("A tensor set to nil is gone and may come back at the end")
  func removal() throws {
    let one = try Tensor([Float(1)], [1])
    var stateDict = StateDict([("a", one), ("b", one)], metadata: ["k": "v"])
    stateDict["a"] = nil
    #expect(stateDict.names == ["b"])
    #expect(stateDict["a"] == nil)
    stateDict["missing"] = nil
    stateDict["a"] = one
    #expect(stateDict.names == ["b", "a"])
    #expect(stateDict.metadata == ["k": "v"])
  }

  @Test("Repeated names in a sequence keep the first place and the last tensor")
  func repeats() throws {
    let stateDict = StateDict([
      ("a", try Tensor([Float(1)], [1])), ("b", try Tensor([Float(2)], [1])), ("a", try Tensor([Float(3)], [1])),
    ])
    #expect(stateDict.names == ["a", "b"])
    #expect(try stateDict["a"]?.floats() == [3])
  }
}
