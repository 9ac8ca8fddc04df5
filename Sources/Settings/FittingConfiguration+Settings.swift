import Fitting

// The section `fitting`: how a head is fitted to frozen features.
extension FittingConfiguration: SettingsSection {
  package static let settings: [Setting<FittingConfiguration>] = [
    Setting("steps", \.steps, .whole(1...1_000_000), "Optimiser steps."),
    Setting("batch", \.batch, .whole(1...65_536), "Scribbled pixels per step, drawn from all photographs."),
    Setting("learning_rate", \.learningRate, .number(above: 0, to: 1), "Learning rate of AdamW."),
    Setting("weight_decay", \.weightDecay, .number(0...1), "Weight decay of AdamW; biases have none."),
    Setting("dropout", \.dropout, .number(0, below: 1), "Probability that a hidden number is dropped in a step."),
    Setting(
      "samples_per_class", \.samplesPerClass, .whole(1...65_536),
      "Scribbled pixels of each class that are kept of a photograph, drawn at random where there are more."),
    Setting(
      "unlabelled_samples", \.unlabelledSamples, .whole(0...65_536),
      "Unlabelled pixels that are kept of a photograph, for `absent_weight`."),
    Setting(
      "absent_weight", \.absentWeight, .number(0...1000),
      "Weight of the loss of absent classes: at unlabelled pixels, probability of classes that are not scribbled anywhere "
        + "on the photograph counts as an error. Set it to 0 where photographs hold classes that nobody scribbled there."
    ),
    Setting("mirror", \.mirror, .flag, "Learn from the mirror images of the photographs too."),
  ]
}
