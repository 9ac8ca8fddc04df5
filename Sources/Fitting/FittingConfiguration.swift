import Tensors

/// How a head is fitted to frozen features (Docs/Method.md, "Frozen features").
public struct FittingConfiguration: Sendable, Equatable {
  /// Optimiser steps of a fit from fresh weights, 1...1_000_000.
  public var steps = 400
  /// Scribbled pixels per step, 1...65_536.
  public var batch = 1024
  /// Steps of a fit that goes on from the present weights when strokes were added.
  public var refitSteps = 15
  /// Scribbled pixels per step of such a fit.
  public var refitBatch = 256
  /// Above 0, at most 1.
  public var learningRate = 1e-3
  /// Of AdamW, 0...1.
  public var weightDecay = 0.3
  /// Probability that a number of the hidden layer is dropped, 0..<1.
  public var dropout = 0.3
  /// Scribbled pixels of each class and view that are kept of a photograph, 1...65_536.
  public var samplesPerClass = 100
  /// Unlabelled pixels of each view that are kept of a photograph, 0...65_536.
  public var unlabelledSamples = 50
  /// Weight of the loss of absent classes at unlabelled pixels, 0...1000.
  public var absentWeight = 1.0
  /// Whether the mirror images of photographs are learnt from too.
  public var mirror = true

  public init() {}

  /// Approximate number of bytes of the samples of so many photographs, each with strokes of a few of the classes.
  public func byteCount(photographs: Int, channels: Int, classes: Int) -> Int {
    let typicalClasses = min(3, classes)
    let samples = typicalClasses * samplesPerClass + (absentWeight > 0 ? unlabelledSamples : 0)
    return photographs * (mirror ? 2 : 1) * samples * channels * ElementType.float16.byteCount
  }
}
