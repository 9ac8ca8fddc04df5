import Checkpoints
import Files
import Layers
import Networks
import Settings
import Tensors

extension ExperimentSettings {
  /// The network that the settings describe, unless it is one of frozen features, for so many classes; its other weights are
  /// random numbers from the seed.
  ///
  /// With `loadingBackbone` the backbone has the weights that the settings name; `warn` is given warnings about their
  /// file. Throws where the file cannot be read or holds weights of another network.
  public func makeNetwork(
    classCount: Int, on device: Tensors.Device, loadingBackbone: Bool, _ warn: (FileWarning) -> Void = { _ in }
  ) throws -> any SegmentationNetwork {
    let store = try ParameterStore(device: device, seed: UInt64(seed))
    if model.kind == .featurePyramid {
      let network = try FeaturePyramid(
        model.pyramidConfiguration(classCount: classCount), store, unlabelledWeight: loss.unlabelledWeight)
      if loadingBackbone { try loadBackbone(warn, network.loadBackbone) }
      return network
    }
    let network = try BLPSeg(
      model.configuration(classCount: classCount), store, unlabelledWeight: loss.unlabelledWeight)
    if loadingBackbone { try loadBackbone(warn, network.loadBackbone) }
    return network
  }

  /// The network of frozen features that the settings describe; the same applies to it.
  public func makeFeaturesNetwork(
    classCount: Int, on device: Tensors.Device, loadingBackbone: Bool, _ warn: (FileWarning) -> Void = { _ in }
  ) throws -> FrozenFeaturesNetwork {
    let network = try FrozenFeaturesNetwork(
      model.featuresConfiguration(classCount: classCount), ParameterStore(device: device, seed: UInt64(seed)))
    if loadingBackbone { try loadBackbone(warn, network.loadBackbone) }
    return network
  }

  /// Hands the weights that the settings name for the backbone to `load`; does nothing where they name none.
  private func loadBackbone(
    _ warn: (FileWarning) -> Void, _ load: ([(name: String, tensor: Tensor)]) throws -> Void
  ) throws {
    guard let weights = model.backboneWeights else { return }
    let path =
      switch weights {
      case .imageNet: try InstalledWeights.imageNet(of: model.network.backbone)
      case .file(let path): path
      }
    let state = try WeightsFile.read(path)
    state.warnings.forEach(warn)
    if let fault = try NonFiniteTensors(state) {
      throw FileError.invalid(path, "\(fault); nothing can be learnt from it, fetch the weights again")
    }
    do {
      try load(state.map { ($0.name, $0.tensor) })
    } catch let error as ParameterMismatch {
      let backbone = model.network.backbone
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
  }
}
