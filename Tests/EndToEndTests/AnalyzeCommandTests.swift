import Evaluation
import Foundation
import Images
import Reports
import Testing

@Suite struct AnalyzeCommandTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  private func result(_ folder: String) throws -> PreferenceResult {
    try JSONDecoder().decode(PreferenceResult.self, from: workspace.data("\(folder)/preference.json"))
  }

  @Test("the training images are analysed with the run's best weights in a single view") func weights() throws {
    let outcome = try workspace.blpseg("analyze", "preference", "tiny.yaml", "--out", "preference/own")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let result = try result("preference/own")
    #expect(outcome.output == result.table + "\n")
    #expect(result.predictions == "\(Workspace.run)/best.safetensors, single view")
    #expect(result.images == Workspace.photographs.count)
    #expect(result.reference == .ownClass)
    #expect(outcome.errors.contains("Curves: preference/own/preference.html\n"))
    let page = try String(contentsOfFile: workspace("preference/own/preference.html"), encoding: .utf8)
    #expect(page.components(separatedBy: "<svg ").count == 3)
    // Every pixel with ground truth is in one of the ranges, or apart.
    let pixels = try Workspace.photographs.reduce(0) { sum, id in
      let mask = try LabelMap(contentsOf: workspace("data/SegmentationClass/\(id).png"))
      return sum + mask.labels.count { $0 != Label.ignored }
    }
    #expect(result.byDepth.pixels == pixels)
    #expect(result.byScribbleDistance.pixels == pixels)
  }

  @Test("masks of another program take the place of predictions: the truth itself is right everywhere")
  func predictions() throws {
    let outcome = try workspace.blpseg(
      "analyze", "preference", "tiny.yaml", "--predictions", "data/SegmentationClass", "--any-scribble", "--out",
      "preference/truth")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let result = try result("preference/truth")
    #expect(result.predictions == "data/SegmentationClass")
    #expect(result.reference == .anyClass)
    for bin in result.byScribbleDistance.bins + result.byDepth.bins {
      #expect(bin.pixels == 0 ? bin.meanIoU == nil : bin.meanIoU == 1 && bin.meanRecall == 1)
    }
    #expect(result.byScribbleDistance.bins[0].pixels > 0)
  }

  @Test("a list without scribbles is refused") func noScribbles() throws {
    let outcome = try workspace.blpseg(
      "analyze", "preference", "tiny.yaml", "--list", "val", "--out", "preference/val")
    #expect(outcome.code == 66)
    #expect(outcome.errors.contains("val.txt: 2 of 2 listed ids have no scribbles (.xml, .png) in data/scribbles"))
    #expect(!workspace.exists("preference/val"))
  }

  @Test("a mask that is missing or of another size is named") func badMasks() throws {
    for id in Workspace.photographs.dropFirst() {
      try workspace.write(workspace.data("data/SegmentationClass/\(id).png"), "preference/masks/\(id).png")
    }
    let arguments = [
      "analyze", "preference", "tiny.yaml", "--predictions", "preference/masks", "--out", "preference/x",
    ]
    let missing = try Program.run(arguments, in: workspace.path)
    #expect(missing.code == 66)
    let path = "preference/masks/\(Workspace.photographs[0]).png"
    #expect(missing.errors == "blpseg: \(path): no such file.\n")
    try LabelMap(width: 4, height: 3, filledWith: 0).write(palettePNG: workspace(path))
    let wrong = try Program.run(arguments, in: workspace.path)
    #expect(wrong.code == 1)
    #expect(wrong.errors.hasPrefix("blpseg: \(path): does not fit the ground truth: The prediction is 4 x 3 pixels"))
    #expect(!workspace.exists("preference/x/preference.json"))
  }

  @Test("weights and predictions exclude each other") func bothSources() throws {
    let outcome = try workspace.blpseg(
      "analyze", "preference", "tiny.yaml", "--weights", "a", "--predictions", "b")
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("--weights and --predictions exclude each other"))
  }
}
