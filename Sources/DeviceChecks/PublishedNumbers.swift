import Checkpoints
import Files
import Foundation
import Layers
import Networks
import Tensors

/// Inputs and results of the published program: `golden.safetensors` and `golden.json`, whose README says how they were
/// made.
struct PublishedNumbers {
  private let tensors: StateDict
  private let values: [String: Any]

  /// Reads both files of a folder.
  init(_ folder: String) throws {
    tensors = try WeightsFile.read("\(folder)/golden.safetensors")
    let path = "\(folder)/golden.json"
    let content = try JSONSerialization.jsonObject(with: try InputFile.read(path))
    guard let values = content as? [String: Any] else { throw FileError.invalid(path, "holds no JSON object") }
    self.values = values
  }

  /// The tensor of this name, on the CPU.
  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw FileError.invalid("golden.safetensors", "holds no tensor '\(name)'")
    }
    return tensor
  }

  /// A number by its keys from the outside in.
  func number(_ keys: String...) throws -> Double {
    guard let number = value(keys) as? Double else { throw missing(keys) }
    return number
  }

  /// Numbers by their names.
  func numbers(_ keys: String...) throws -> [String: Double] {
    guard let numbers = value(keys) as? [String: Double] else { throw missing(keys) }
    return numbers
  }

  /// The steps of a run.
  func steps(_ key: String) throws -> [[String: Double]] {
    guard let steps = values[key] as? [[String: Double]] else { throw missing([key]) }
    return steps
  }

  private func value(_ keys: [String]) -> Any? {
    keys.reduce(values as Any?) { ($0 as? [String: Any])?[$1] }
  }

  private func missing(_ keys: [String]) -> FileError {
    FileError.invalid("golden.json", "holds no '\(keys.joined(separator: " "))'")
  }

  /// The network that the numbers are of, with its weights.
  static func network(_ type: ElementType, on device: Device) throws -> BLPSeg {
    let network = try BLPSeg(
      BLPSegConfiguration(backbone: .resnet50, classCount: 21, dropout: 0), ParameterStore(type: type, device: device))
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    return network
  }
}

extension [Double] {
  /// The largest, infinity where one is NaN or there is none.
  var worst: Double { isEmpty || contains(where: \.isNaN) ? .infinity : reduce(0, Swift.max) }
}

extension Tensor {
  /// The largest difference of any element from `expected`, over the largest magnitude there, in float64 on the CPU.
  func difference(from expected: Tensor) throws -> Double {
    guard shape == expected.shape else {
      throw TorchError(operation: "difference", shapes: [shape, expected.shape], message: "the shapes differ")
    }
    let (found, expected) = (try detached().doubles(), try expected.detached().doubles())
    var (worst, magnitude) = (0.0, 0.0)
    for (a, b) in zip(found, expected) {
      let difference = abs(a - b)
      worst = difference.isNaN ? .infinity : max(worst, difference)
      magnitude = max(magnitude, abs(b))
    }
    return worst == 0 ? 0 : worst / magnitude
  }
}
