import Evaluation
import Files
import Foundation
import Images
import Reports
import Testing

@Suite struct EvaluationCommandTests {
  private static let weights = "\(Workspace.run)/best.safetensors"

  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  @Test("evaluation writes JSON, draws the confusion matrix and prints the table") func evaluation() throws {
    let outcome = try workspace.blpseg(
      "evaluate", "tiny.yaml", "--scales", "0.5,1", "--mirror", "--output", "results/own.json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let result = try EvaluationResult(contentsOf: workspace("results/own.json"))
    #expect(result.views == .init(scales: [0.5, 1], mirror: true))
    #expect(result.crf == nil)
    #expect(result.weights == Self.weights)
    #expect(result.others.isEmpty)
    #expect(outcome.output == result.table + "\n")
    #expect(outcome.errors.contains("2 images, scales 0.5, 1 x mirror, weights \(Self.weights)\n"))
    #expect(try InputFile.text(workspace("results/own.confusion.svg")).hasPrefix("<svg xmlns="))
    #expect(outcome.errors.contains("Report: results/own.html\n"))
    let page = try InputFile.text(workspace("results/own.html"))
    for id in Workspace.validationPhotographs { #expect(page.contains("<h3>\(id)<span>IoU ")) }
    #expect(page.contains("blpseg evaluate tiny.yaml"))
  }

  @Test("evaluation of the last weights agrees with training's own") func sameEvaluation() throws {
    let outcome = try workspace.blpseg(
      "evaluate", "tiny.yaml", "--weights", "\(Workspace.run)/last.safetensors", "--output", "results/last.json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let own = try EvaluationResult(contentsOf: workspace("\(Workspace.run)/evaluation.json"))
    let later = try EvaluationResult(contentsOf: workspace("results/last.json"))
    #expect(own.iou == later.iou)
    #expect(own.pixelAccuracy == later.pixelAccuracy)
    #expect(own.boundaryIoU == later.boundaryIoU)
  }

  @Test("all protocols are reported in one pass, the settings' own as the main result") func protocols() throws {
    let outcome = try workspace.blpseg(
      "evaluate", "tiny.yaml", "--scales", "0.5,1", "--all-protocols", "--output", "results/all.json", "--set",
      "evaluation.crf_steps=2")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let result = try EvaluationResult(contentsOf: workspace("results/all.json"))
    #expect(result.views == .init(scales: [0.5, 1], mirror: false))
    #expect(result.crf == nil)
    #expect(result.others.map(\.views.scales) == [[1], [0.5, 1]])
    #expect(result.others.map { $0.crf?["crf_steps"] } == [nil, 2])
    let rows = outcome.output.split(separator: "\n").suffix(3).map { $0.prefix { $0 != "%" } }
    #expect(rows.map { $0.hasPrefix("single view ") } == [true, false, false])
    #expect(rows.map { $0.hasPrefix("scales 0.5, 1 + CRF") } == [false, false, true])

    // Each alone gives the same.
    let alone = try workspace.blpseg("evaluate", "tiny.yaml", "--output", "results/single.json")
    #expect(alone.code == 0, "\(alone.errors)")
    let single = try EvaluationResult(contentsOf: workspace("results/single.json"))
    #expect(single.iou == result.others[0].iou)
  }

  @Test("saved predictions are palette masks of the main result") func savedPredictions() throws {
    let outcome = try workspace.blpseg(
      "evaluate", "tiny.yaml", "--output", "results/saved.json", "--save-predictions", "saved")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let ids = Workspace.validationPhotographs
    #expect(try InputFile.names(inFolder: workspace("saved")) == ids.map { "\($0).png" }.sorted())
    var matrix = ConfusionMatrix(classCount: 3)
    for id in ids {
      let path = workspace("saved/\(id).png")
      try matrix.add(
        prediction: LabelMap(contentsOf: path),
        groundTruth: LabelMap(contentsOf: workspace("data/SegmentationClass/\(id).png")))
      // Colour type 3: a palette, of the classes' colours.
      #expect(try workspace.data("saved/\(id).png")[25] == 3)
      let colors = Set(try Image(contentsOf: path).colors)
      #expect(colors.isSubset(of: (0...2).map { ColorMap.bright[$0] }))
    }
    #expect(try EvaluationResult(contentsOf: workspace("results/saved.json")).iou == matrix.iou)
  }

  @Test("saved predictions never replace the data set's own masks") func overwriting() throws {
    let mask = "data/SegmentationClass/\(Workspace.validationPhotographs[0]).png"
    let before = try workspace.data(mask)
    let outcome = try workspace.blpseg(
      "evaluate", "tiny.yaml", "--output", "results/never.json", "--save-predictions", "data/../data/SegmentationClass")
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("is a file of the data set and would be replaced; choose another folder"))
    #expect(try workspace.data(mask) == before)
    #expect(!workspace.exists("results/never.json"))
  }
}

extension Image {
  /// The colour of each pixel.
  var colors: [Color] {
    stride(from: 0, to: pixels.count, by: 3).map { Color(pixels[$0], pixels[$0 + 1], pixels[$0 + 2]) }
  }
}
