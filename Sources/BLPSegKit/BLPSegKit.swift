// The library: what a program needs that trains networks and predicts photographs. Import this module alone.
//
//     let settings = try ExperimentSettings.load("mydata/mine.yaml")
//     let experiment = try Experiment(settings)
//     _ = try TrainingRun(experiment).run(resume: false)
//     let trained = try TrainedNetwork(experiment.bestWeights ?? "", on: experiment.device)
//     let labels = try Predictor(trained.network, views: .single)(Image(contentsOf: "photo.jpg")).labels()

@_exported import Batches
@_exported import CRF
@_exported import Datasets
@_exported import Evaluation
@_exported import Experiments
@_exported import Files
@_exported import Fitting
@_exported import Images
@_exported import Layers
@_exported import Losses
@_exported import Models
@_exported import Networks
@_exported import Prediction
@_exported import Settings
@_exported import Tensors
@_exported import Training
