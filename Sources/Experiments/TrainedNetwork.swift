import Checkpoints
import Datasets
import Files
import Layers
import Networks
import Tensors
import Training

/// A network with the weights of a file, and what the file says about it.
public struct TrainedNetwork {
  public let network: BLPSeg
  /// Class names, where the file carries them.
  public let classes: [String]?
  public let path: String

  /// Reads our checkpoints, safetensors and reference .pth state dicts.
  ///
  /// Of files that carry no settings, backbone, classes and decoder width are read off names and shapes, and the rest
  /// takes the published values.
  public init(_ path: String, on device: Device) throws {
    self.path = path
    let state = try WeightsFile.read(path) { BLPSeg.isDropped($0) || TrainingCheckpoint.isExtra($0) }
    do {
      let metadata = try CheckpointMetadata(state.metadata, path: path)
      var configuration = try BLPSegConfiguration(
        inferredFrom: Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.tensor.shape) }))
      if let model = metadata?.settings.model { configuration = model.configuration(classCount: configuration.classCount) }
      network = try BLPSeg(configuration, ParameterStore(device: device))
      try network.load(state.map { ($0.name, $0.tensor) })
      classes = metadata?.classes
    } catch let error as UnknownNetwork {
      throw FileError.invalid(path, "\(error); expected a checkpoint of this program or of the published one")
    } catch let error as ParameterMismatch {
      throw FileError.invalid(path, "\(error)")
    }
  }
}
