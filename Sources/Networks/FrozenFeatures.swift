import Tensors

/// Frozen features of one photograph, from which a head predicts and samples are taken.
public struct FrozenFeatures {
  /// Levels of all scales, `[1, channels, h, w]` each: those of the first scale, finest first, then those of the next.
  public let levels: [Tensor]
  /// Means over the positions of the first scale's last level, `[1, D]`.
  public let pooled: Tensor
  /// Height and width of the photograph in pixels.
  public let height: Int
  public let width: Int

  init(levels: [Tensor], pooled: Tensor, height: Int, width: Int) {
    (self.levels, self.pooled, self.height, self.width) = (levels, pooled, height, width)
  }

  /// The same with levels in float16, which takes half the memory; the pooled feature stays as it is.
  public func narrowed() throws(TorchError) -> FrozenFeatures {
    let levels = try levels.map { level throws(TorchError) in try level.to(.float16).contiguous() }
    return FrozenFeatures(levels: levels, pooled: pooled, height: height, width: width)
  }

  /// Bytes of the levels.
  public var byteCount: Int { levels.reduce(0) { $0 + $1.elementCount * $1.type.byteCount } }

  /// The features at some pixels, counted in row order, in float32 `[K, channels]`; between positions of a level they
  /// are interpolated bilinearly, as `resizedBilinear` does it.
  public func samples(at pixels: [Int]) throws(TorchError) -> Tensor {
    let points = pixels.flatMap { pixel -> [Float] in
      let (row, column) = (Float(pixel / width), Float(pixel % width))
      return [(2 * column + 1) / Float(width) - 1, (2 * row + 1) / Float(height) - 1]
    }
    let grid = try Tensor(points, [1, 1, pixels.count, 2]).to(pooled.device)
    let parts = try levels.map { level throws(TorchError) in
      try level.to(.float32).sampledBilinear(at: grid).selected(0, 0).selected(1, 0)
    }
    return try Tensor.concatenated(parts, 0).permuted([1, 0]).contiguous()
  }
}
