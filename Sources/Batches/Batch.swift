import Images
import Tensors

/// The tensors of one training step.
package struct Batch {
  /// The images in batch order.
  package let ids: [String]
  /// Normalised photographs, float32 `[N, 3, H, W]`.
  package let image: Tensor
  /// Scribbles, int64 `[N, H, W]`: a class, C where nothing was drawn, `Label.ignored` where the image was padded.
  package let label: Tensor
  /// 1 for classes that occur in an image and for background, otherwise 0; float32 `[N, C, 1, 1]`.
  package let classPresent: Tensor

  /// Copies samples of one size into tensors on the host, for CUDA devices into pinned memory.
  package init(_ samples: [TrainingSample], for device: Device = .cpu) throws(TorchError) {
    guard let first = samples.first else { preconditionFailure("a batch has images") }
    let classCount = first.classPresent.count
    precondition(
      samples.allSatisfy { $0.side == first.side && $0.classPresent.count == classCount },
      "images of a batch have one size and one list of classes")
    let (count, side) = (samples.count, first.side)
    let isPinned = device.kind == .cuda
    ids = samples.map(\.id)
    image = try Tensor(Batch.joined(samples.map(\.image)), [count, 3, side, side], isPinned: isPinned)
    label = try Tensor(Batch.widened(samples.map(\.scribbles)), [count, side, side], isPinned: isPinned)
    classPresent = try Tensor(
      Batch.joined(samples.map(\.classPresent)), [count, classCount, 1, 1], isPinned: isPinned)
  }

  private static func joined(_ parts: [[Float]]) -> [Float] {
    var whole: [Float] = []
    whole.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for part in parts { whole += part }
    return whole
  }

  private static func widened(_ parts: [[UInt8]]) -> [Int64] {
    let count = parts.reduce(0) { $0 + $1.count }
    return [Int64](unsafeUninitializedCapacity: count) { whole, initialized in
      for part in parts {
        for label in part {
          whole.initializeElement(at: initialized, to: Int64(label))
          initialized += 1
        }
      }
    }
  }
}

/// One image of a training batch in plain memory, as threads can hand it over.
package struct TrainingSample: Sendable, Equatable {
  package let id: String
  /// Height and width in pixels.
  package let side: Int
  /// The normalised photograph, `[3, side, side]`; 0 where it was padded.
  package let image: [Float]
  /// `[side, side]`: a class, C where nothing was drawn, `Label.ignored` where the image was padded.
  package let scribbles: [UInt8]
  /// C numbers: 1 for classes that the scribbles of the uncropped image mention and for background, otherwise 0.
  package let classPresent: [Float]
  /// `[side, side]`: a class, or `Label.ignored` where it is unknown or padded; nil without ground truth.
  package let groundTruth: [UInt8]?
}

extension ChannelNormalization {
  /// The photograph as `[3, H, W]` in row-major order.
  package func planes(of image: Image) -> [Float] {
    FloatImage(image, normalizedBy: self).values
  }

  /// The photograph as a float32 tensor `[1, 3, H, W]`.
  public func tensor(from image: Image) throws(TorchError) -> Tensor {
    try Tensor(planes(of: image), [1, 3, image.height, image.width])
  }

  /// The photographs that a tensor `[N, 3, H, W]` was made from, to the nearest byte; padding is grey.
  package func images(of tensor: Tensor) throws(TorchError) -> [Image] {
    let (count, height, width) = (tensor.shape[0], tensor.shape[2], tensor.shape[3])
    let planes = try tensor.floats()
    let area = height * width
    return (0..<count).map { index in
      var pixels = [UInt8](repeating: 0, count: 3 * area)
      for channel in 0..<3 {
        let start = (index * 3 + channel) * area
        for pixel in 0..<area {
          let byte = (planes[start + pixel] * deviation[channel] + mean[channel]).rounded()
          pixels[pixel * 3 + channel] = UInt8(min(max(byte, 0), 255))
        }
      }
      return Image(width: width, height: height, pixels: pixels)
    }
  }
}
