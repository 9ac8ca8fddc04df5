import Checkpoints
import Files
import Layers
import Networks
import Prediction

extension Experiment {
  /// A network of the settings' making, its backbone with the weights that they name; `warn` takes what is odd about
  /// their file.
  public func makeNetwork(
    loadingBackbone: Bool, _ warn: (FileWarning) -> Void = { _ in }
  ) throws -> BLPSeg {
    let network = try BLPSeg(
      configuration, ParameterStore(device: device, seed: UInt64(settings.seed)),
      unlabelledWeight: settings.loss.unlabelledWeight)
    guard loadingBackbone, let weights = settings.model.backboneWeights else { return network }
    let path =
      switch weights {
      case .imageNet: try InstalledWeights.imageNet(of: settings.model.backbone)
      case .file(let path): path
      }
    let state = try WeightsFile.read(path)
    state.warnings.forEach(warn)
    if let fault = try NonFiniteTensors(state) {
      throw FileError.invalid(path, "\(fault); nothing can be learnt from it, fetch the weights again")
    }
    do {
      try network.loadBackbone(state.map { ($0.name, $0.tensor) })
    } catch let error as ParameterMismatch {
      let backbone = settings.model.backbone
      let shapes = Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.tensor.shape) })
      let known = KnownWeights(shapes)
      // Of a file that has the right names but not all of them, those that differ tell more.
      let found =
        if let known, known.backbone != backbone {
          "it holds \(known), and \(backbone.pretrained.needed) are needed"
        } else {
          "\(error)"
        }
      throw FileError.invalid(path, "cannot be backbone \(backbone.name): \(found)")
    }
    return network
  }

  func predictor(_ network: any SegmentationNetwork, _ views: Views) throws -> Predictor {
    try Predictor(
      network, views: views, on: device, autocastType: precision.autocastType, maxSide: settings.data.maxSide)
  }
}
