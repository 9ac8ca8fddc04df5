import Checkpoints
import Files
import Layers
import Networks
import Prediction

extension Experiment {
  /// A network of the settings' making, its backbone with the weights that they name.
  public func makeNetwork(loadingBackbone: Bool) throws -> BLPSeg {
    let network = try BLPSeg(
      configuration, ParameterStore(device: device, seed: UInt64(settings.seed)),
      unlabelledWeight: settings.loss.unlabelledWeight)
    guard loadingBackbone, let weights = settings.model.backboneWeights else { return network }
    let path =
      switch weights {
      case .imageNet: try InstalledWeights.imageNet()
      case .file(let path): path
      }
    let state = try WeightsFile.read(path)
    do {
      try network.loadBackbone(state.map { ($0.name, $0.tensor) })
    } catch let error as ParameterMismatch {
      throw FileError.invalid(path, "cannot be backbone \(settings.model.backbone.rawValue): \(error)")
    }
    return network
  }

  func predictor(_ network: BLPSeg, _ views: Views) throws -> Predictor {
    try Predictor(
      network, views: views, on: device, autocastType: precision.autocastType, maxSide: settings.data.maxSide)
  }
}
