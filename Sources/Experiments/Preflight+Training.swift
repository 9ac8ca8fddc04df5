import Files
import Foundation
import Preparation
import Settings
import Tensors
import Training

extension Preflight {
  /// Where less of a crop than this is photograph, the network learns from padding.
  private static let leastFilled = 0.25
  /// Where a crop sees less of a photograph than this (a fifth of each side), what is around a place is hardly seen.
  private static let leastSeen = 0.04
  /// Fewer scribbled pixels in a crop than this are a stroke of half a crop's width at most, or none in most crops.
  private static let fewestScribbled = 50.0
  /// A network that saw fewer batches than this has hardly left its first weights.
  private static let fewestSteps = 100

  /// What training needs beside its images, and what its settings mean for them.
  static func trainingFindings(
    _ settings: ExperimentSettings, _ training: DatasetCheck.Outcome?, _ purpose: Purpose
  ) -> [Finding] {
    var findings =
      backbone(settings.model) + losses(settings.loss, settings.model, settings.data)
      + place(settings.output, purpose)
    do {
      _ = try Device(settings.device)
    } catch {
      findings.append(Finding(problem: error))
    }
    if let training, training.count > 0, settings.model.kind != .frozenFeatures {
      findings += schedule(settings, images: training.count)
      if let examination = training.examination { findings += crop(settings.data, examination.images) }
    }
    return findings
  }

  /// Whether there is something to learn, and no loss depends on one that is left out.
  private static func losses(_ loss: LossSettings, _ model: ModelSettings, _ data: DataSettings) -> [Finding] {
    // A head on frozen features has losses of its own.
    guard model.kind != .frozenFeatures else { return [] }
    let objective = loss.objective
    let (stride, crop) = (objective.stride, data.augmentation.crop)
    if crop % stride != 0 {
      return [
        Finding(
          .problem, "loss.stride",
          "is \(stride), which does not divide data.crop, \(crop); set data.crop to \(crop / stride * stride)",
          cause: .setting)
      ]
    }
    let hasClassifier = model.kind == .featurePyramid
    if objective.tagClassifier.weight > 0, !hasClassifier {
      return [
        Finding(
          .problem, "loss.tag_classifier",
          "has a weight, and model.network is \(model.kind.rawValue), which has no classifier to learn by it; set it to 0, or take "
            + "the losses of the paper with recipe: published",
          cause: .setting)
      ]
    }
    if hasClassifier, objective.tagClassifier.weight == 0, model.features.tagWeight > 0 {
      return [
        Finding(
          .problem, "loss.tag_classifier",
          "is 0, and model.tag_weight is \(model.features.tagWeight): the answers of a classifier that learns nothing would be "
            + "added to the scores; give the loss a weight, as 1, or set model.tag_weight to 0", cause: .setting)
      ]
    }
    if objective.losses.isEmpty {
      return [
        Finding(
          .problem, "loss",
          "has no loss of a weight above 0, so that nothing is learnt; give one a weight, as with blp: 1",
          cause: .setting)
      ]
    }
    guard objective.blp.weight > 0, objective.blp.gamma > 0, objective.scribble.weight == 0 else { return [] }
    return [
      Finding(
        .doubt, "loss.scribble",
        "is 0, so that nothing learns the annotation map by which the BLP loss weights pixels; choose loss.gamma=0 too",
        cause: .setting)
    ]
  }

  /// Whether there are backbone weights that fit.
  private static func backbone(_ model: ModelSettings) -> [Finding] {
    if model.backboneWeights == nil {
      return [
        Finding(
          .doubt, "model.backbone_weights",
          "is null, so that the backbone starts from random numbers and hardly learns from few scribbles; name weights "
            + "trained on ImageNet\(model.network.backbone.pretrained.installed != nil ? ", as with imagenet" : "")",
          cause: .setting)
      ]
    }
    // The smallest network with this backbone, wherever the other parts come from.
    var probe = ExperimentSettings()
    probe.model = model
    probe.model.network.decoderWidth = 8
    do {
      switch model.kind {
      case .blpseg, .featurePyramid: _ = try probe.makeNetwork(classCount: 2, on: .cpu, loadingBackbone: true)
      case .frozenFeatures: _ = try probe.makeFeaturesNetwork(classCount: 2, on: .cpu, loadingBackbone: true)
      }
      return []
    } catch {
      return [Finding(problem: error)]
    }
  }

  /// Whether results can be written, and are not there already.
  private static func place(_ output: String, _ purpose: Purpose) -> [Finding] {
    let files = FileManager.default
    var path = output
    var isFolder: ObjCBool = false
    while !files.fileExists(atPath: path, isDirectory: &isFolder), Path.folder(of: path) != path {
      path = Path.folder(of: path)
    }
    if !isFolder.boolValue {
      return [Finding(.problem, path, "is a file, a folder was expected; move it away or choose another folder")]
    }
    if !files.isWritableFile(atPath: path) {
      return [
        Finding(.problem, path, "is a folder that cannot be written to; choose another one with --set output=FOLDER")
      ]
    }
    if purpose == .report, files.fileExists(atPath: RunFolder(output).lastCheckpoint) {
      return [
        Finding(
          .remark, output,
          "holds a run already; continue it with --resume, or choose another folder with --set output=FOLDER")
      ]
    }
    return []
  }

  /// What becomes of so many images in batches.
  private static func schedule(_ settings: ExperimentSettings, images: Int) -> [Finding] {
    let training = settings.training
    let batches = max(1, images / training.batchSize)
    var findings: [Finding] = []
    if images < training.batchSize {
      findings.append(
        Finding(
          .doubt, "training.batch_size",
          "is \(training.batchSize), and there \(images == 1 ? "is 1 training image" : "are \(images) training images"), so "
            + "that a batch cannot hold different images only; choose at most \(images)", cause: .setting))
    }
    let plan = training.plan(batchesPerEpoch: batches)
    let (steps, start) = (plan.iterations, plan.selfTraining.start)
    if start >= steps {
      findings.append(
        Finding(
          .doubt, "training.self_training_start",
          "is step \(start), and training ends after \(steps) \(steps == 1 ? "step" : "steps"), so that pseudo labels never "
            + "join the scribbles; set training.self_training_start_fraction, as to 0.4", cause: .setting))
    }
    if case .epochs(let epochs) = training.length, steps < fewestSteps {
      findings.append(
        Finding(
          .doubt, "training.epochs",
          "is \(epochs), which is \(steps) \(steps == 1 ? "step" : "steps") in all, as "
            + "\(images == 1 ? "1 image makes" : "\(images) images make") \(batches == 1 ? "one batch" : "\(batches) batches") of "
            + "\(training.batchSize) per epoch; a smaller training.batch_size or more epochs give more", cause: .setting
        )
      )
    }
    return findings
  }

  /// How the side of the crop goes with the photographs.
  private static func crop(_ data: DataSettings, _ images: [ImageContents]) -> [Finding] {
    guard !images.isEmpty else { return [] }
    let factor = (data.augmentation.scale.lowerBound + data.augmentation.scale.upperBound) / 2
    let side = Double(data.augmentation.crop)
    var (filled, seen, scribbled) = (0.0, 0.0, 0.0)
    for image in images {
      let (width, height) = (Double(image.width) * factor, Double(image.height) * factor)
      let common = min(width, side) * min(height, side)
      filled += common / (side * side)
      seen += common / (width * height)
      scribbled += common * (image.scribbles?.labelledShare ?? 0)
    }
    let count = Double(images.count)
    let largest = images.max { $0.width * $0.height < $1.width * $1.height }
    let size = largest.map { "\($0.width) x \($0.height)" } ?? ""
    if filled / count < leastFilled {
      return [
        Finding(
          .doubt, "data.crop",
          "is \(data.augmentation.crop), and photographs of at most \(size) pixels fill \(percent(filled / count)) of such a crop, the "
            + "rest of which is padding; set it to about the longer side of the photographs", cause: .setting)
      ]
    }
    let hasStrokes = images.contains { ($0.scribbles?.labelledPixels ?? 0) > 0 }
    if seen / count < leastSeen || (hasStrokes && seen / count < 0.5 && scribbled / count < fewestScribbled) {
      return [
        Finding(
          .doubt, "data.crop",
          "is \(data.augmentation.crop), so that a crop sees \(percent(seen / count)) of photographs of up to \(size) pixels and "
            + "\(Int((scribbled / count).rounded())) scribbled pixels on average; raise it, lower data.scale, or make the "
            + "photographs smaller", cause: .setting)
      ]
    }
    return []
  }
}
