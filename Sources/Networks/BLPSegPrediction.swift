import Tensors

/// What the network says about a batch of images, on the decoder's grid `h x w` (stride 4) and at the images' size.
public struct BLPSegPrediction {
  /// Height and width of the images.
  let size: (height: Int, width: Int)
  /// The decoder's output, `[N, D, h, w]`.
  public let decoded: Tensor
  /// Class scores before local aggregation, `[N, C, h, w]`.
  public let scores: Tensor
  /// Class scores after local aggregation, `[N, C, h, w]`.
  public let aggregated: Tensor
  /// Scores of "a scribble of class c lies here", the last channel meaning none: `[N, C + 1, h, w]`.
  public let scribbleScores: Tensor

  /// z, the class logits at the images' size, `[N, C, H, W]`.
  public func logits() throws(TorchError) -> Tensor {
    try aggregated.resizedBilinear(height: size.height, width: size.width)
  }

  /// u, the logits of the annotation probability map at the images' size, `[N, C + 1, H, W]`.
  public func scribbleLogits() throws(TorchError) -> Tensor {
    try scribbleScores.resizedBilinear(height: size.height, width: size.width)
  }
}
