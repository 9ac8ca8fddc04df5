import Checkpoints
import Files
import Layers
import Models
import Networks
import Tensors
import TestSupport
import Testing

@Suite("A checkpoint of a network of frozen features")
struct FrozenFeaturesCheckpointTests {
  private func network() throws -> FrozenFeaturesNetwork {
    try FrozenFeaturesNetwork(FrozenFeaturesConfiguration(classCount: 4, width: 8), ParameterStore(seed: 3))
  }

  private func state(_ network: FrozenFeaturesNetwork) -> StateDict {
    StateDict(network.store.entries.map { ($0.name, $0.tensor) })
  }

  @Test("predicts what the network predicts") func roundTrip() throws {
    let folder = try TemporaryFolder()
    let network = try network()
    try Safetensors.write(state(network), to: folder("weights.safetensors"))
    let trained = try TrainedNetwork(folder("weights.safetensors"), on: .cpu)
    #expect(trained.network is FrozenFeaturesNetwork)
    #expect(trained.network.architecture == network.architecture)
    let image = try Tensor.normal([1, 3, 48, 64], .float32, Generator(seed: 2))
    func scores(_ network: any TrainedWeights) throws -> [Float] {
      try network.folded(nil).scores(ofImages: image, stripArea: RowStrips.area, withScribbles: false)
        .classes.scores.floats()
    }
    #expect(try scores(trained.network) == scores(network))
  }

  @Test("that is damaged is refused") func damaged() throws {
    let folder = try TemporaryFolder()
    var state = try state(network())
    state["head.output.weight"] = try Tensor.zeros([4, 9])
    try Safetensors.write(state, to: folder("damaged.safetensors"))
    let error = #expect(throws: FileError.self) { try TrainedNetwork(folder("damaged.safetensors"), on: .cpu) }
    #expect(error?.problem.contains("head.hidden.weight and head.output.weight are not matrices that fit") == true)
  }
}
