import Files
import Foundation
import Images

/// Counts pixels by their distance to the nearest scribbled pixel of any class, in pixels.
///
/// Ground truth that is `Label.ignored` is left out. `PreferenceAnalysis` asks more about one network, relative to the
/// image's diagonal; these few ranges compare many networks on the same images.
package struct ScribbleDistanceAnalysis: Sendable {
  /// The lower bound of each range but the first, in pixels.
  static let edges: [Double] = [5, 10, 20, 40, 80]

  package let classCount: Int
  package private(set) var images = 0
  private(set) var bins: DistanceBins

  /// Nothing counted yet, for 1...255 classes.
  package init(classCount: Int) {
    precondition((1...255).contains(classCount), "an analysis needs 1...255 classes")
    self.classCount = classCount
    bins = DistanceBins(classCount: classCount, edges: Self.edges)
  }

  /// Counts the pixels of one image; `scribbles` holds `Label.ignored` where nothing was drawn, and has the size of the
  /// others.
  ///
  /// Throws when sizes of prediction and ground truth differ or a label is no class, and then counts nothing.
  package mutating func add(
    prediction: LabelMap, groundTruth: LabelMap, scribbles: LabelMap
  ) throws(EvaluationError) {
    try EvaluationError.requireComparable(prediction, groundTruth, scribbles, classCount: classCount)
    images += 1
    let distances = scribbles.distances { $0 != Label.ignored }
    for index in groundTruth.labels.indices where groundTruth.labels[index] != Label.ignored {
      bins.count(
        groundTruth: groundTruth.labels[index], prediction: prediction.labels[index], distance: Double(distances[index])
      )
    }
  }
}

/// IoU by distance to the scribbles: the contents of `distances.json`.
package struct ScribbleDistanceResult: Sendable, Equatable, Codable {
  /// Class names in the order of their labels.
  package let classes: [String]
  /// Number of images that were predicted; 0 where none has scribbles and ground truth.
  package let images: Int
  /// The most images that were to be predicted.
  package let limit: Int
  /// The ranges, in pixels.
  package let curve: PreferenceResult.Curve

  /// The result of an analysis; `classes` must name each of its classes.
  package init(_ analysis: ScribbleDistanceAnalysis, classes: [String], limit: Int) {
    precondition(classes.count == analysis.classCount, "each class needs a name")
    self.classes = classes
    self.limit = limit
    images = analysis.images
    curve = PreferenceResult.Curve(analysis.bins)
  }

  /// Reads what `write` wrote; nil where there is no file, or one of another program.
  package init?(ifPresent path: String) {
    guard let data = try? InputFile.readIfPresent(path),
      let result = try? JSONDecoder().decode(Self.self, from: data)
    else { return nil }
    self = result
  }

  /// Writes indented JSON with sorted keys.
  package func write(to path: String) throws { try OutputFile.write(indentedJSON(self), to: path) }
}
