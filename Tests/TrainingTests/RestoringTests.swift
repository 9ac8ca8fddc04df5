import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing
import Training

extension TrainerTests {
  /// A file that a run cannot continue from, how it came to be, and words that the error must have.
  enum Unfit: String, CaseIterable {
    case missing, text, foreign, weightsOnly, otherWidth, cutShort, noOptimizer, oddGenerator, oddScaler, nan

    var words: String {
      switch self {
      case .missing: "no such file"
      case .text, .cutShort: "cut short"
      case .foreign, .weightsOnly: "name its last.safetensors"
      case .otherWidth: "another shape"
      case .noOptimizer: "holds no optimiser state"
      case .oddGenerator: "generator"
      case .oddScaler: "start a new run"
      case .nan: "holds NaN ('seg_head.4.bias'); no training can go on from it"
      }
    }
  }

  @Test(
    "what a run cannot continue from is refused in one sentence, and the network keeps its weights",
    arguments: Unfit.allCases)
  func refusing(_ unfit: Unfit) throws {
    let folder = try TemporaryFolder()
    try makeUnfit(unfit, in: folder)
    let run = try SmallRun(folder, iterations: 2) { $0.precision = .float16 }
    let before = try run.weights()
    let error = #expect(throws: FileError.self) { try run.trainer.resume() }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(run.files.lastCheckpoint) && text.hasSuffix("."), "\(text)")
    #expect(!text.contains("\n"), "\(text)")
    #expect(text.contains(unfit.words), "\(text)")
    #expect(differences(try run.weights(), before).isEmpty)
    #expect(run.trainer.progress.iteration == 0)
  }

  private func makeUnfit(_ unfit: Unfit, in folder: TemporaryFolder) throws {
    let path = RunFolder(folder.path).lastCheckpoint
    if unfit == .missing { return }
    if unfit == .text {
      try folder.write("last.safetensors", "hello")
      return
    }
    if unfit == .foreign {
      var state = StateDict()
      state["weight"] = try Tensor.zeros([3])
      return try Safetensors.write(state, to: path)
    }
    let run = try SmallRun(folder, iterations: 1, width: unfit == .otherWidth ? 12 : 8) { $0.precision = .float16 }
    var observer = TrainingObserver()
    observer.validate = { .score(0.5) }
    _ = try run.trainer.run(observer)
    if unfit == .weightsOnly {
      let weights = try InputFile.read(RunFolder(folder.path).bestCheckpoint)
      return try OutputFile.write(weights, to: path)
    }
    if unfit == .cutShort {
      return try OutputFile.write(try InputFile.read(path).prefix(100_000), to: path)
    }
    var state = try Safetensors.read(path)
    switch unfit {
    case .noOptimizer: state["optimizer.step"] = nil
    case .oddGenerator: state["generator.state"] = try Tensor([UInt8](repeating: 1, count: 7), [7])
    case .oddScaler: state["scaler.scale"] = try Tensor.zeros([2])
    case .nan: try state["seg_head.4.bias"]?.fill(.nan)
    default: break
    }
    try Safetensors.write(state, to: path)
  }
}
