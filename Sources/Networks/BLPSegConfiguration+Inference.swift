/// Reads off what a network is made of from the names and shapes of its tensors.
extension BLPSegConfiguration {
  /// The configuration of a checkpoint that carries no settings; `shapes` are those of its tensors.
  ///
  /// Throws when the names are not those of a BLPSeg network. Dropout and sigma take their published values.
  public init(inferredFrom shapes: [String: [Int]]) throws(UnknownNetwork) {
    let output = "seg_head.4.weight"
    guard let head = shapes[output], head.count == 4 else {
      throw UnknownNetwork(problem: "there is no tensor \(output), whose shape tells the classes and the width")
    }
    guard let backbone = BackboneKind(inferredFrom: shapes) else {
      throw UnknownNetwork(problem: "the names under \(BLPSeg.backboneScope) are those of no backbone known here")
    }
    self.init(backbone: backbone, classCount: head[0], decoderWidth: head[1])
  }
}

extension BackboneKind {
  fileprivate init?(inferredFrom shapes: [String: [Int]]) {
    func has(_ name: String) -> Bool { shapes["\(BLPSeg.backboneScope).\(name)"] != nil }
    if has("_conv_stem.weight") {
      self = .efficientNetLite0
    } else if has("conv1.0.weight") {
      self = has("layer3.22.conv1.weight") ? .resnet101 : .resnet50
    } else if has("conv1.weight") {
      self = has("layer1.2.conv1.weight") ? .resnet34 : .resnet18
    } else {
      return nil
    }
  }
}

/// Why names and shapes are not those of a BLPSeg network.
public struct UnknownNetwork: Error, Equatable, Sendable, CustomStringConvertible {
  public let problem: String
  public var description: String { "this is not a BLPSeg network: \(problem)" }
}
