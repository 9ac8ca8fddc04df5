import Layers
import Tensors

/// A network that turns an image into features at four scales.
public protocol Backbone: Foldable {
  /// The feature at stride 4 of an image `[N, 3, H, W]`.
  func finest(_ image: Tensor, _ mode: Mode) throws(TorchError) -> Tensor
  /// The features at strides 8, 16 and 32 that follow from the one at stride 4.
  func coarser(_ finest: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor]
}

extension Backbone {
  /// Features of an image `[N, 3, H, W]` at strides 4, 8, 16 and 32, finest first.
  public func callAsFunction(_ image: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    let finest = try finest(image, mode)
    return try [finest] + coarser(finest, mode)
  }
}

/// The backbones there are.
public enum BackboneKind: String, CaseIterable, Sendable {
  case resnet18
  case resnet34
  case resnet50
  case resnet101
  case efficientNetLite0 = "efficientnet_lite0"

  /// Channels of the features at strides 4, 8, 16 and 32.
  public var channels: [Int] {
    switch self {
    case .resnet18, .resnet34: [64, 128, 256, 512]
    case .resnet50, .resnet101: [256, 512, 1024, 2048]
    case .efficientNetLite0: [24, 40, 112, 320]
    }
  }

  /// What is subtracted from the red, green and blue of a pixel, on the scale 0...255.
  public var inputMean: [Float] {
    self == .efficientNetLite0 ? [127, 127, 127] : [0.485 * 255, 0.456 * 255, 0.406 * 255]
  }

  /// What the difference is divided by.
  public var inputDeviation: [Float] {
    self == .efficientNetLite0 ? [128, 128, 128] : [0.229 * 255, 0.224 * 255, 0.225 * 255]
  }

  func make(_ scope: ParameterScope) throws(TorchError) -> any Backbone {
    switch self {
    case .resnet18: try ResNet(scope, .basic, stem: .plain, blocks: [2, 2, 2, 2])
    case .resnet34: try ResNet(scope, .basic, stem: .plain, blocks: [3, 4, 6, 3])
    case .resnet50: try ResNet(scope, .bottleneck, stem: .deep, blocks: [3, 4, 6, 3])
    case .resnet101: try ResNet(scope, .bottleneck, stem: .deep, blocks: [3, 4, 23, 3])
    case .efficientNetLite0: try EfficientNetLite0(scope)
    }
  }
}
