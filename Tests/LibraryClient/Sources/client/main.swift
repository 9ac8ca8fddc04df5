import BLPSegKit

// Ten steps on the demo's photographs, and the mask of one of them. Arguments: the checkout, and a folder for the results.
let (checkout, results) = (CommandLine.arguments[1], CommandLine.arguments[2])
let settings = try ExperimentSettings.load(
  "\(checkout)/Configs/demo.yaml",
  overrides: [
    "output=\(results)/run", "training.iterations=10", "data.masks=null", "data.validation_list=null",
    "evaluation.report_images=1",
  ])
let experiment = try Experiment(settings)
var observer = TrainingObserver()
observer.report = { print("step", $0.iteration, "partial cross entropy", $0.values["partial_loss"] ?? .nan) }
guard case .finished = try TrainingRun(experiment).run(resume: false, observer), let weights = experiment.bestWeights
else { throw FileError(results, .missing, "holds no finished run") }

let trained = try TrainedNetwork(weights, on: experiment.device)
let predictor = try Predictor(trained.network, views: .single, on: experiment.device)
let photograph = try Image(contentsOf: "\(checkout)/Demo/JPEGImages/Birman_128.jpg")
let labels = try predictor(photograph).labels()
try labels.write(palettePNG: "\(results)/mask.png", colors: experiment.classes.colors)
print("mask", labels.width, "x", labels.height, "classes", trained.classes ?? [])
