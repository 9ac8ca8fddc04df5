import Checkpoints
import Tensors
import Testing

/// Expects the elements 0, 1, 2 ... times `step`, which every element type of the fixtures holds exactly.
func expectCounting(
  _ tensor: Tensor?, _ shape: [Int], step: Double = 0.25, type: ElementType = .float32,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let count = shape.reduce(1, *)
  try expectElements(
    tensor, shape, (0..<count).map { Double($0) * step }, type: type, sourceLocation: sourceLocation)
}

/// Expects exactly these elements, row-major.
func expectElements(
  _ tensor: Tensor?, _ shape: [Int], _ expected: [Double], type: ElementType = .float32,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let tensor = try #require(tensor, sourceLocation: sourceLocation)
  #expect(tensor.shape == shape, sourceLocation: sourceLocation)
  #expect(tensor.type == type, sourceLocation: sourceLocation)
  let found = try tensor.doubles()
  try #require(found.count == expected.count, sourceLocation: sourceLocation)
  let worst = zip(found, expected).enumerated().max { abs($0.1.0 - $0.1.1) < abs($1.1.0 - $1.1.1) }
  if let worst {
    #expect(worst.1.0 == worst.1.1, "worst at element \(worst.0)", sourceLocation: sourceLocation)
  }
}

/// Expects the state dict of a convolution and a batch normalisation, as `network()` in pytorch_files.py makes it.
func expectNetwork(_ stateDict: StateDict, sourceLocation: SourceLocation = #_sourceLocation) throws {
  #expect(
    stateDict.names == [
      "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
    ], sourceLocation: sourceLocation)
  try expectCounting(stateDict["0.weight"], [3, 2, 2, 2], sourceLocation: sourceLocation)
  for name in ["0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"] {
    try expectCounting(stateDict[name], [3], sourceLocation: sourceLocation)
  }
  try expectElements(stateDict["1.num_batches_tracked"], [], [7], type: .int64, sourceLocation: sourceLocation)
}
