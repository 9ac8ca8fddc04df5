import Layers
import Tensors

extension Tensor {
  /// These scores, `[N, C, h, w]`, after local aggregation along a shallow feature or its coordinates, `[N, K, h', w']`.
  func locallyAggregated(along feature: Tensor, sigma: Double, _ mode: Mode) throws(TorchError) -> Tensor {
    // Scores of feature pairs reach hundreds: under autocast they are still computed in float32.
    let type: ElementType = self.type == .float64 ? .float64 : .float32
    let values = try to(type)
    let feature = try feature.resizedBilinear(height: shape[2], width: shape[3]).to(type)
    return try mode.execution == .plain
      ? feature.locallyAggregatedByTable(values, sigma: sigma) : feature.locallyAggregated(values, sigma: sigma)
  }
}

/// The shallow feature of local aggregation: patches of 4 x 4 pixels, projected and normalised.
struct PatchEmbedding {
  private static let patch = 4
  /// Dimensions of the space in which all features lie: the 48 numbers of a patch and two constants.
  private static let rank = 3 * patch * patch + 2

  private let projection: Conv2d
  private let norm: LayerNorm
  private let conv: Conv2d

  init(_ scope: ParameterScope, width: Int) throws(TorchError) {
    projection = try Conv2d(scope / "proj", 3, width, kernel: Self.patch, stride: Self.patch, bias: true)
    norm = try LayerNorm(scope / "norm", width)
    conv = try Conv2d(scope / "conv", width, width, kernel: 1, bias: true)
  }

  /// `[N, 3, H, W]` to `[N, width, ceil(H / 4), ceil(W / 4)]`.
  func callAsFunction(_ image: Tensor) throws(TorchError) -> Tensor {
    try conv(normalized(image))
  }

  /// The feature in coordinates whose products are those of the feature, at most 50 of them instead of `width`:
  /// `[N, K, ceil(H / 4), ceil(W / 4)]`.
  ///
  /// With x the 48 numbers of a patch and s the deviation of its projection, the feature is linear in (x / s, 1 / s,
  /// 1). All features thus lie in a space of 50 dimensions. Coordinates along an orthonormal basis of it lose nothing,
  /// and gradients through them are those through the feature.
  func coordinates(_ image: Tensor) throws(TorchError) -> Tensor {
    guard let bias = conv.bias, conv.weight.shape[0] > Self.rank else { return try self(image) }
    let weight = try matrix(conv.weight)
    // Products do not depend on the basis: gradients need not follow it.
    let basis = try withoutGradient { () throws(TorchError) in
      try spanningMatrix(weight, matrix(bias)).orthonormalBasis()
    }
    let turned = try basis.permuted([1, 0])
    func converted(_ tensor: Tensor, _ shape: [Int]) throws(TorchError) -> Tensor {
      try tensor.reshaped(shape).to(conv.weight.type).to(conv.weight.device)
    }
    return try normalized(image).convolved(
      converted(turned.matrixProduct(weight), [basis.shape[1], weight.shape[1], 1, 1]),
      converted(turned.matrixProduct(matrix(bias)), [basis.shape[1]]), stride: 1, padding: 0, groups: 1)
  }

  /// Columns that span all features, `[width, 50]`; `weight` and `bias` are those of the last convolution.
  private func spanningMatrix(_ weight: Tensor, _ bias: Tensor) throws(TorchError) -> Tensor {
    var columns = [try matrix(projection.weight)]
    if let bias = projection.bias { columns.append(try matrix(bias)) }
    let projected = try Tensor.concatenated(columns, 1)
    let centred = try projected - projected.mean([0], keepingDimensions: true)
    return try Tensor.concatenated(
      [weight.matrixProduct(centred * matrix(norm.weight)), weight.matrixProduct(matrix(norm.bias)) + bias], 1)
  }

  /// A parameter as a matrix with one row per output, in float64: on the CPU where the device does not have that type. CUDA
  /// has it, and need not wait for the CPU.
  private func matrix(_ parameter: Tensor) throws(TorchError) -> Tensor {
    let parameter = parameter.device.kind == .cuda ? parameter : try parameter.to(.cpu)
    return try parameter.to(.float64).reshaped([parameter.shape[0], -1])
  }

  private func normalized(_ image: Tensor) throws(TorchError) -> Tensor {
    let sizes = image.shape
    let (below, right) = (missing(sizes[2]), missing(sizes[3]))
    let whole = below + right > 0 ? try image.padded([0, right, 0, below]) : image
    return try norm(projection(whole).permuted([0, 2, 3, 1])).permuted([0, 3, 1, 2])
  }

  private func missing(_ side: Int) -> Int { (Self.patch - side % Self.patch) % Self.patch }
}
