import ArgumentParser

/// The views that are averaged.
struct ViewArguments: ParsableArguments {
  @Option(parsing: .upToNextOption, help: "Factors of the sides at which each photograph is seen; default 0.5 0.75 1 1.25.")
  var scales: [Double] = []

  @Flag(inversion: .prefixedNo, help: "See each scale mirrored too (the default).")
  var mirror: Bool?

  /// The same as settings.
  var overrides: [String] {
    var result: [String] = []
    if !scales.isEmpty { result.append("evaluation.scales=[\(scales.map { "\($0)" }.joined(separator: ", "))]") }
    if let mirror { result.append("evaluation.mirror=\(mirror)") }
    return result
  }

  func validate() throws {
    if let wrong = scales.first(where: { !(0.1...4).contains($0) }) {
      throw ValidationError("--scales takes factors from 0.1 to 4, found \(wrong).")
    }
  }
}
