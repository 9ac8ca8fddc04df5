import Tensors

/// A 3x3 convolution of features of several sizes, all brought to the finest grid and concatenated, then batch
/// normalisation and ReLU.
///
/// Neither the coarser features at the finest grid nor their concatenation is made: convolving and upsampling are linear, so
/// that the products with the weights come first, on a quarter of the positions or fewer.
package struct PyramidConv: Foldable {
  /// Of all levels; once it is folded, of the finest alone.
  private var block: ConvBlock
  /// The coarser levels' weights once they are folded, as `coarseWeights` has them.
  private var foldedCoarse: [Tensor]?
  private let width: Int

  /// `width` channels of each of `levels` levels become as many. Names are those of `ConvBlock(sequence:)`.
  package init(_ scope: ParameterScope, levels: Int, width: Int) throws(TorchError) {
    block = try ConvBlock(sequence: scope, levels * width, width, kernel: 3)
    self.width = width
  }

  /// The rows `rows` of the finest level, of which `finest`, `[N, width, rows.count, w]`, holds these alone, among `height`;
  /// `coarser` are the other levels whole, `[N, width, h, w]` each. A result row at the border of `finest` but not of the
  /// image lacks what the rows beyond contribute.
  package func callAsFunction(
    _ finest: Tensor, _ rows: Range<Int>, of height: Int, beside coarser: [Tensor], _ mode: Mode
  ) throws(TorchError) -> Tensor {
    let width = finest.shape[3]
    if mode.execution == .plain, foldedCoarse == nil {
      let upsampled = try coarser.map { level throws(TorchError) in
        let source = ResizedRows(rows, of: height, from: level.shape[2])
        return try level.rows(source.source).resizedBilinear(to: source, width: width)
      }
      return try block(.concatenated([finest] + upsampled, 1), mode)
    }
    var sum: Tensor?
    let weights = if let foldedCoarse { foldedCoarse } else { try coarseWeights() }
    for (level, weight) in zip(coarser, weights) {
      let part = try level.convolvedUpsampled(weight, rows, of: height, width: width)
      if let sum { try sum.add(part) } else { sum = part }
    }
    if foldedCoarse != nil { return try block(finest, adding: sum, mode) }
    let convolved = try block.convolved(finest, inputs: 0..<self.width)
    if let sum { try convolved.add(sum) }
    return try block.completed(convolved, mode)
  }

  package func folded(_ type: ElementType?) throws(TorchError) -> PyramidConv {
    var conv = self
    conv.block = try block.folded(type)
    conv.foldedCoarse = try conv.coarseWeights()
    conv.block = try conv.block.restricted(toInputs: 0..<width)
    return conv
  }

  /// Of every level but the finest the weights `[3, width, 3 * out]`, one matrix per row of the kernel.
  private func coarseWeights() throws(TorchError) -> [Tensor] {
    try stride(from: width, to: block.inputCount, by: width).map { first throws(TorchError) in
      // [out, in, row, column] to [row, in, column, out], which makes a copy.
      try block.weight.sliced(1, first, first + width).permuted([2, 1, 3, 0]).reshaped([3, width, -1])
    }
  }
}

extension Tensor {
  /// Rows of the 3x3 convolution, padded with zeros, of this tensor, `[N, C, h, w]`, after bilinear upsampling to
  /// `[N, C, height, width]`, without upsampling it.
  ///
  /// `weight` is `[3, C, 3 * out]`: rows of the kernel, and columns beside outputs.
  fileprivate func convolvedUpsampled(
    _ weight: Tensor, _ rows: Range<Int>, of height: Int, width: Int
  ) throws(TorchError) -> Tensor {
    try Tensor.joined(rows.blocks, 2) { rows throws(TorchError) in
      try convolvedUpsampled(weight, block: rows, of: height, width: width)
    }
  }

  /// Upsampling treats rows and columns separately, so that all are products: with the weights at each position here, with
  /// the rows' factors for each row of the kernel, with the columns' factors for each of its columns.
  private func convolvedUpsampled(
    _ weight: Tensor, block rows: Range<Int>, of height: Int, width: Int
  ) throws(TorchError) -> Tensor {
    let seen = max(0, rows.lowerBound - 1)..<min(height, rows.upperBound + 1)
    let source = ResizedRows(seen, of: height, from: shape[2]).source
    let (images, channels, h, w) = (shape[0], shape[1], source.count, shape[3])
    let outputs = weight.shape[2] / 3
    let products = try self.rows(source).permuted([0, 2, 3, 1]).reshaped([images, 1, h * w, channels])
      .matrixProduct(weight)
    // Shares of 16 bits would be too coarse.
    return try withoutAutocast(on: device) { () throws(TorchError) in
      let exact = try products.to(products.type == .float64 ? .float64 : .float32)
      let rowFactors = try exact.interpolation(rows, of: height, from: shape[2]).factors.reshaped([rows.count, 3 * h])
      let upsampled = try exact.reshaped([images, 3 * h, w * 3 * outputs]).multipliedFromLeft(by: rowFactors)
        .reshaped([images * rows.count, w, 3 * outputs])
      return try Tensor.joined((0..<width).blocks, 1) { columns throws(TorchError) in
        let (factors, source) = try exact.interpolation(columns, of: width, from: w)
        let part = source.count == w ? upsampled : try upsampled.sliced(1, source.lowerBound, source.upperBound)
        return try part.reshaped([images * rows.count, source.count * 3, outputs])
          .multipliedFromLeft(by: factors.permuted([0, 2, 1]).reshaped([columns.count, source.count * 3]))
      }.reshaped([images, rows.count, width, outputs]).permuted([0, 3, 1, 2])
    }
  }

  private func multipliedFromLeft(by matrix: Tensor) throws(TorchError) -> Tensor { try matrix.matrixProduct(self) }

  /// What `make` returns for each of some ranges, side by side along a dimension.
  private static func joined(
    _ ranges: [Range<Int>], _ dimension: Int, _ make: (Range<Int>) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    let parts = try ranges.map(make)
    return parts.count == 1 ? parts[0] : try .concatenated(parts, dimension)
  }

  /// Factors `[positions.count, 3, source.count]` of the old positions in the new ones before, at and after each of some
  /// new positions among `new`; outside they are zero.
  ///
  /// Old positions are those `source` among `old` that have a factor above 0.
  private func interpolation(
    _ positions: Range<Int>, of new: Int, from old: Int
  ) throws(TorchError) -> (factors: Tensor, source: Range<Int>) {
    let seen = max(0, positions.lowerBound - 1)..<min(new, positions.upperBound + 1)
    let part = ResizedRows(seen, of: new, from: old)
    let count = part.source.count
    let outside = [positions.lowerBound == 0 ? 1 : 0, positions.upperBound == new ? 1 : 0]
    let factors = try Tensor.identity(count, type, on: device).reshaped([1, 1, count, count])
      .resizedBilinear(to: part, width: count).reshaped([seen.count, count]).padded([0, 0] + outside)
    let shifted = try (0..<3).map { shift throws(TorchError) in
      try factors.sliced(0, shift, shift + positions.count)
    }
    return (try .concatenated(shifted, 1).reshaped([positions.count, 3, count]), part.source)
  }
}

extension Range<Int> {
  /// Parts of nearly one length, whose factors are small matrices: those of all positions of a long side would take memory
  /// with the square of its length.
  fileprivate var blocks: [Range<Int>] {
    let longest = 1024
    let number = (count + longest - 1) / longest
    return (0..<number).map { lowerBound + count * $0 / number..<lowerBound + count * ($0 + 1) / number }
  }
}
