import Foundation
import Images
import Networks

/// Limits on the size of photographs, checked before any work.
public struct PredictionLimit: Sendable, Equatable {
  /// Largest number of pixels of a view, which is the photograph resized by one of the scales.
  public var viewPixels: Int
  /// Largest estimate of the memory in bytes; nil for no limit.
  public var memory: Int?

  public init(viewPixels: Int = PredictionLimit.defaultViewPixels, memory: Int? = nil) {
    (self.viewPixels, self.memory) = (viewPixels, memory)
  }

  /// Four times a photograph of 4000 x 3000, and about an hour for a view on two cores.
  public static let defaultViewPixels = 50_000_000

  /// The default on this machine, of whose memory three quarters may be used.
  public static let ofThisMachine = PredictionLimit(
    memory: Int(clamping: ProcessInfo.processInfo.physicalMemory) / 4 * 3)
}

/// The cost of predicting a photograph, estimated from its size alone.
public struct PredictionCost: Sendable, Equatable {
  /// Size of the largest view in pixels.
  public let viewWidth: Int
  public let viewHeight: Int
  /// Upper estimate of the memory in bytes.
  public let memory: Int

  public var viewPixels: Int { viewWidth * viewHeight }

  /// The cost of a photograph of `width` x `height` pixels, reduced to `maxSide` first, with a network.
  ///
  /// The largest view counts, since views are predicted one after the other.
  public init(
    width: Int, height: Int, maxSide: Int? = nil, _ recipes: [PredictionRecipe], _ network: Architecture
  ) {
    let scale = recipes.flatMap(\.views.scales).max() ?? 1
    func side(_ length: Int) -> Int { max(1, Int(min(Double(length) * scale, 1e9).rounded())) }
    let reduced = Reduction(width: width, height: height, toSide: maxSide)
    let (viewWidth, viewHeight) = (side(reduced?.width ?? width), side(reduced?.height ?? height))
    (self.viewWidth, self.viewHeight) = (viewWidth, viewHeight)
    // The view three times, and what the network holds of it.
    let viewBytes = 36 + network.bytesPerPixel
    // The photograph in bytes and in numbers, its labels and its overlay; the dense CRF's lattice and probabilities.
    let refines = recipes.contains { $0.crf != nil }
    let photographBytes = 20 + (refines ? 150 + 16 * network.classCount : 0)
    let bytes =
      5e8 + Double(viewWidth * viewHeight) * Double(viewBytes) + Double(width) * Double(height)
      * Double(photographBytes)
    memory = Int(min(bytes, 1e18))
  }
}

/// A photograph that is too large to be predicted.
public struct PredictionSizeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The size found and the largest one possible, without a full stop.
  public let problem: String

  public var description: String {
    "A photograph \(problem); make it smaller, or predict it at smaller scales (evaluation.scales, --scales)."
  }
}

/// Checks whether a photograph of a given size may be predicted.
public struct PredictionSizeCheck: Sendable {
  private let recipes: [PredictionRecipe]
  private let network: Architecture
  private let limit: PredictionLimit
  private let maxSide: Int?

  public init(
    _ recipes: [PredictionRecipe], _ network: Architecture, _ limit: PredictionLimit, maxSide: Int? = nil
  ) {
    (self.recipes, self.network, self.limit, self.maxSide) = (recipes, network, limit, maxSide)
  }

  /// Throws where a photograph of `width` x `height` pixels costs more than the limit allows.
  public func require(_ width: Int, _ height: Int) throws(PredictionSizeError) {
    let cost = PredictionCost(width: width, height: height, maxSide: maxSide, recipes, network)
    let view = "has \(width) x \(height) pixels, \(cost.viewWidth) x \(cost.viewHeight) in its largest view"
    if cost.viewPixels > limit.viewPixels {
      throw PredictionSizeError(problem: "\(view), and at most \(limit.viewPixels) are predicted")
    }
    if let memory = limit.memory, cost.memory > memory {
      throw PredictionSizeError(
        problem: "\(view), which take about \(Self.gigabytes(cost.memory)) of memory to predict, "
          + "and \(Self.gigabytes(memory)) may be used")
    }
  }

  private static func gigabytes(_ bytes: Int) -> String { String(format: "%.1f GB", Double(bytes) / 1e9) }
}
