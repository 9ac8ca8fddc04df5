/// Operators that networks are made of; images are `[N, C, H, W]`.
extension Tensor {
  public func convolved(
    _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: Int, dilation: Int = 1, groups: Int
  ) throws(TorchError) -> Tensor {
    try Operator.conv2d(self, weight, bias, [stride, stride], [padding, padding], [dilation, dilation], groups)
  }

  /// Batch normalisation; in training the running statistics are updated in place with weight `momentum`.
  public func batchNormalized(
    _ weight: Tensor, _ bias: Tensor, mean: Tensor, variance: Tensor, training: Bool, momentum: Double, epsilon: Double
  ) throws(TorchError) -> Tensor {
    try Operator.batchNorm(self, weight, bias, mean, variance, training, momentum, epsilon, true)
  }

  /// Normalised over the last dimension.
  public func layerNormalized(_ weight: Tensor, _ bias: Tensor, epsilon: Double) throws(TorchError) -> Tensor {
    try Operator.layerNorm(self, weight.shape, weight, bias, epsilon)
  }

  public func maxPooled(kernel: Int, stride: Int, padding: Int) throws(TorchError) -> Tensor {
    try Operator.maxPool2d(self, [kernel, kernel], [stride, stride], [padding, padding])
  }

  /// Means over squares of `side x side` pixels that lie side by side; what is left at the right and below is dropped.
  public func averagePooled(_ side: Int) throws(TorchError) -> Tensor { try Operator.avgPool2d(self, [side, side]) }

  /// Means over a `size x size` division of the image.
  public func adaptiveAveragePooled(_ size: Int) throws(TorchError) -> Tensor {
    try Operator.adaptiveAvgPool2d(self, [size, size])
  }

  /// Resized bilinearly; the same tensor where the size is met already.
  public func resizedBilinear(height: Int, width: Int, alignCorners: Bool = false) throws(TorchError) -> Tensor {
    let sizes = shape
    if sizes[sizes.count - 2] == height && sizes[sizes.count - 1] == width { return self }
    return try Operator.upsampleBilinear2d(self, [height, width], alignCorners)
  }

  /// Resized bilinearly; where it gets smaller, each result is a weighted mean over all that it covers.
  public func resizedAntialiased(height: Int, width: Int) throws(TorchError) -> Tensor {
    let sizes = shape
    if sizes[sizes.count - 2] == height && sizes[sizes.count - 1] == width { return self }
    return try Operator.upsampleBilinear2dAntialiased(self, [height, width], false)
  }

  /// Bilinear samples `[N, C, h, w]` at `grid`, `[N, h, w, 2]`: column and row, where -1 and 1 are the image's edges; beyond
  /// the outermost positions their values are repeated.
  public func sampledBilinear(at grid: Tensor) throws(TorchError) -> Tensor {
    let (bilinear, border) = (0, 1)
    return try Operator.gridSampler2d(self, grid, bilinear, border, false)
  }
}

extension Operator {
  static let conv2d = Operator("conv2d")
  static let batchNorm = Operator("batch_norm")
  static let layerNorm = Operator("layer_norm")
  static let maxPool2d = Operator("max_pool2d")
  static let avgPool2d = Operator("avg_pool2d")
  static let adaptiveAvgPool2d = Operator("adaptive_avg_pool2d")
  static let upsampleBilinear2d = Operator("upsample_bilinear2d")
  static let upsampleBilinear2dAntialiased = Operator("_upsample_bilinear2d_aa")
  static let gridSampler2d = Operator("grid_sampler_2d")
}

/// Some rows of an image that is resized bilinearly: which rows of the image they lie between, and how far.
///
/// A large image can so be resized a few rows at a time, with the same result.
package struct ResizedRows: Sendable {
  /// The rows of the image that are needed.
  package let source: Range<Int>
  /// Whether no row between two others is asked for by itself: all rows are, or they are the image's own.
  let isPlain: Bool
  /// The row above and the row below each resized row, counted from the first of `source`.
  let above: [Int64]
  let below: [Int64]
  /// How far each lies below the row above: 0..<1.
  let shares: [Double]

  /// `rows` of an image that is resized from `sourceHeight` to `height` rows, placed as LibTorch places them.
  package init(_ rows: Range<Int>, of height: Int, from sourceHeight: Int, alignCorners: Bool = false) {
    precondition(!rows.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= height, "rows outside the image")
    let step =
      alignCorners
      ? Double(sourceHeight - 1) / Double(max(height - 1, 1)) : Double(sourceHeight) / Double(height)
    let places = rows.map { row in alignCorners ? Double(row) * step : max(0, (Double(row) + 0.5) * step - 0.5) }
    let above = places.map { min(Int($0), sourceHeight - 1) }
    shares = zip(places, above).map { $0 - Double($1) }
    let below = zip(above, shares).map { $1 > 0 ? min($0 + 1, sourceHeight - 1) : $0 }
    let source = above[0]..<below[below.count - 1] + 1
    self.source = source
    self.above = above.map { Int64($0 - source.lowerBound) }
    self.below = below.map { Int64($0 - source.lowerBound) }
    isPlain = height == sourceHeight || (rows == 0..<height && source == 0..<sourceHeight)
  }
}

extension Tensor {
  /// Some rows of images `[N, C, H, W]`, a view; the same tensor where these are all.
  package func rows(_ rows: Range<Int>) throws(TorchError) -> Tensor {
    // The gradient of a view is a copy.
    rows == 0..<shape[2] ? self : try sliced(2, rows.lowerBound, rows.upperBound)
  }

  /// Rows of the bilinear resizing to `width` columns of an image of which this tensor, `[N, C, h, w]`, holds the rows
  /// `rows.source`; their elements lie in the order `format` where some rows are asked for by themselves.
  package func resizedBilinear(
    to rows: ResizedRows, width: Int, alignCorners: Bool = false, _ format: MemoryFormat = .contiguous
  ) throws(TorchError) -> Tensor {
    let height = rows.above.count
    if rows.isPlain { return try resizedBilinear(height: height, width: width, alignCorners: alignCorners) }
    // Shares of 16 bits would be too coarse.
    let image = try to(type == .float64 ? .float64 : .float32)
    let above = try Operator.indexSelect(image, 2, Tensor(rows.above, [height]).to(device))
    let below = try Operator.indexSelect(image, 2, Tensor(rows.below, [height]).to(device))
    let shares = try Tensor(rows.shares, [height, 1]).to(image.type).to(device)
    return try Operator.lerp(above, below, shares).contiguous(format)
      .resizedBilinear(height: height, width: width, alignCorners: alignCorners).to(type)
  }
}

extension Operator {
  fileprivate static let lerp = Operator("lerp", "Tensor")
}
