import Tensors

/// A 3x3 convolution of features of several sizes, all brought to the finest grid and concatenated, then batch
/// normalisation and ReLU.
public struct PyramidConv: Foldable {
  /// Of all levels; where `coarse` is there, of the finest alone.
  private var block: ConvBlock
  /// For folded networks, of every level but the finest: the weights `[3, width, 3 * out]`, one matrix per row of the kernel.
  private var coarse: [Tensor]?
  private let width: Int

  /// `width` channels of each of `levels` levels become as many. Names are those of `ConvBlock(sequence:)`.
  public init(_ scope: ParameterScope, levels: Int, width: Int) throws(TorchError) {
    block = try ConvBlock(sequence: scope, levels * width, width, kernel: 3)
    self.width = width
  }

  /// `levels`, `[N, width, h, w]` each, are finest first; the result has the size of the first.
  public func callAsFunction(_ levels: [Tensor], _ mode: Mode) throws(TorchError) -> Tensor {
    let (height, width) = (levels[0].shape[2], levels[0].shape[3])
    guard let coarse else {
      var resized: [Tensor] = []
      for level in levels { resized.append(try level.resizedBilinear(height: height, width: width)) }
      return try block(Tensor.concatenated(resized, 1), mode)
    }
    var sum: Tensor?
    for (level, weight) in zip(levels.dropFirst(), coarse) {
      let part = try level.convolvedUpsampled(weight, height: height, width: width)
      if let sum { try sum.add(part) } else { sum = part }
    }
    return try block(levels[0], adding: sum, mode)
  }

  /// Folded, upsampling comes after the products with the weights, on a quarter of the positions or fewer.
  public func folded(_ type: ElementType?) throws(TorchError) -> PyramidConv {
    var conv = self
    conv.block = try block.folded(type)
    // Under autocast the factors of the interpolation would be rounded too.
    guard type == nil else { return conv }
    let whole = conv.block
    conv.block = try whole.restricted(toInputs: 0, width)
    conv.coarse = try stride(from: width, to: whole.inputCount, by: width).map { first throws(TorchError) in
      // [out, in, row, column] to [row, in, column, out], which makes a copy.
      try whole.weight.sliced(1, first, first + width).permuted([2, 1, 3, 0]).reshaped([3, width, 3 * width])
    }
    return conv
  }
}

extension Tensor {
  /// The 3x3 convolution, padded with zeros, of this tensor, `[N, C, h, w]`, after bilinear upsampling to
  /// `[N, C, height, width]`, without upsampling it.
  ///
  /// `weight` is `[3, C, 3 * out]`: rows of the kernel, and columns beside outputs. Convolving and upsampling are linear,
  /// the latter in rows and columns separately, so that both are products: with the weights at each position here,
  /// with the rows' factors for each row of the kernel, with the columns' factors for each of its columns.
  fileprivate func convolvedUpsampled(_ weight: Tensor, height: Int, width: Int) throws(TorchError) -> Tensor {
    let (images, channels, h, w) = (shape[0], shape[1], shape[2], shape[3])
    let outputs = weight.shape[2] / 3
    let rows = try interpolation(from: h, to: height).reshaped([height, 3 * h])
    let columns = try interpolation(from: w, to: width).permuted([0, 2, 1]).reshaped([width, w * 3])
    return try permuted([0, 2, 3, 1]).reshaped([images, 1, h * w, channels])
      .matrixProduct(weight).reshaped([images, 3 * h, w * 3 * outputs])
      .multipliedFromLeft(by: rows).reshaped([images * height, w * 3, outputs])
      .multipliedFromLeft(by: columns).reshaped([images, height, width, outputs])
      .permuted([0, 3, 1, 2])
  }

  private func multipliedFromLeft(by matrix: Tensor) throws(TorchError) -> Tensor { try matrix.matrixProduct(self) }

  /// Factors `[new, 3, old]` of the old positions in the new ones before, at and after each new position; outside they
  /// are zero.
  private func interpolation(from old: Int, to new: Int) throws(TorchError) -> Tensor {
    let factors = try Tensor.identity(old, type, on: device).reshaped([1, old, 1, old])
      .resizedBilinear(height: 1, width: new).reshaped([old, new]).padded([1, 1])
    let shifted = try (0..<3).map { shift throws(TorchError) in try factors.sliced(1, shift, shift + new) }
    return try Tensor.concatenated(shifted, 0).reshaped([3, old, new]).permuted([2, 0, 1])
  }
}
