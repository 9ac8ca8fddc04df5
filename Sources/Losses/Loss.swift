import Images
import Tensors

/// A named part of what training minimises.
///
/// A loss is computed image by image; the losses of a batch are the sums over its images.
package protocol Loss: Sendable {
  /// One word, as the console and TensorBoard show it.
  var name: String { get }
  /// The key of its values in `metrics.jsonl`; by default `NAME_loss`.
  var metricsKey: String { get }
  /// Its name in the report; by default "NAME loss".
  var title: String { get }
  /// A phrase that says what it measures, for the report.
  var explanation: String { get }
  /// The factor of its value in the sum that is minimised.
  var weight: Double { get }
  /// Whether it computes on the host, or takes numbers from it, so that a CUDA graph cannot hold it; by default it does not.
  var needsHost: Bool { get }

  /// This image's part of the batch's loss, without the factor: a tensor without dimensions that gradients flow through.
  func callAsFunction(_ image: LossInput) throws -> Tensor
}

extension Loss {
  package var metricsKey: String { "\(name)_loss" }
  package var title: String { "\(name) loss" }
  package var weight: Double { 1 }
  package var needsHost: Bool { false }
}

extension [any Loss] {
  /// Whether the network learns from them which pixels are scribbled on; without, its scores of scribbles mean nothing.
  package var learnScribbles: Bool { contains { $0 is ScribbleLoss } }
}

/// One image of a batch as losses see it. N is 1, C the number of classes, H and W the image's size.
package struct LossInput {
  /// z, `[N, C, H, W]`.
  package let logits: Tensor
  private let lazyScribbleLogits: LazyTensor
  /// Logits of "class c occurs in the photograph", `[N, C]`, where the network has a classifier of tags.
  package let tagLogits: Tensor?
  /// The normalised photograph, `[N, 3, H, W]`.
  package let photograph: Tensor
  /// The decoder's output without gradient, `[N, D, H / 4, W / 4]`.
  package let features: Tensor
  /// The scribbles, int64 `[N, H, W]`: 0..<C, C for "unlabelled", or `BatchLabel.ignored`.
  package let labels: Tensor
  /// Which classes are scribbled anywhere on the photograph, `[N, C, 1, 1]` of 0 and 1; the background always is.
  package let classPresent: Tensor
  /// What the segmentation learns from, as `labels`; the objective's label source decides.
  package internal(set) var supervision: Tensor
  /// Class logits that pseudo labels are made of, as `logits`, without gradient: the teacher's, where there is one. Nil as long
  /// as the label source takes the scribbles alone.
  package internal(set) var teacherLogits: Tensor?
  package let batch: LossBatch

  package init(
    logits: Tensor, scribbleLogits: @autoclosure @escaping () throws -> Tensor, tagLogits: Tensor? = nil,
    teacherLogits: Tensor? = nil, photograph: Tensor, features: Tensor, labels: Tensor, classPresent: Tensor,
    batch: LossBatch
  ) {
    self.logits = logits
    lazyScribbleLogits = LazyTensor(scribbleLogits)
    self.tagLogits = tagLogits
    self.teacherLogits = teacherLogits
    self.photograph = photograph
    self.features = features
    self.labels = labels
    self.classPresent = classPresent
    supervision = labels
    self.batch = batch
  }

  /// u, scores of "a scribble of class c lies here", the last one meaning none: `[N, C + 1, H, W]`. They are computed for
  /// the first loss that asks for them.
  package var scribbleLogits: Tensor { get throws { try lazyScribbleLogits() } }

  /// The photograph's red, green and blue on the scale 0...255, `[N, 3, H, W]`; the mean colour where it was padded.
  package func colors() throws(TorchError) -> Tensor {
    let normalization = batch.normalization
    func ofChannels(_ values: [Float]) throws(TorchError) -> Tensor {
      try Tensor(values, [1, 3, 1, 1]).to(photograph.type).to(photograph.device)
    }
    return try photograph * ofChannels(normalization.deviation) + ofChannels(normalization.mean)
  }
}

/// What losses know of the batch that an image belongs to.
package struct LossBatch {
  /// Number of images in this process's part of the batch.
  package let images: Int
  /// Weight of each class in the scribble loss, the last one for "unlabelled": `[C + 1]`.
  package let scribbleClassWeight: Tensor
  /// The sum of these weights over the labels of the batch, without dimensions, divided by the number of processes: the
  /// mean of the processes' losses is then the loss of the whole batch.
  package let scribbleWeight: Tensor
  /// Labelled pixels of each class in the batch, divided by the number of processes.
  package let labelCounts: LabelCounts
  /// How the photographs are normalised.
  package let normalization: ChannelNormalization
  /// Side in pixels of the photograph of what losses take for a pixel.
  package let stride: Int

  package init(
    images: Int, scribbleClassWeight: Tensor, scribbleWeight: Tensor, labelCounts: LabelCounts,
    normalization: ChannelNormalization, stride: Int = 1
  ) {
    self.images = images
    self.stride = stride
    self.scribbleClassWeight = scribbleClassWeight
    self.scribbleWeight = scribbleWeight
    self.labelCounts = labelCounts
    self.normalization = normalization
  }
}

/// Label values of a training batch with a meaning of their own; C, the number of classes, means "unlabelled".
public enum BatchLabel {
  /// Takes part in no loss: padding of random crops, void, and pixels without a confident pseudo label.
  public static let ignored = 255
}
