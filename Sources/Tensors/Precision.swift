/// A number format for a network's arithmetic.
public enum Precision: String, Sendable, CaseIterable {
  case float32, bfloat16, float16

  /// The type in which autocast computes, if any.
  public var autocastType: ElementType? {
    switch self {
    case .float32: nil
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }

  /// The precision that a device computes in where this one is requested: float32 in place of 16 bits that the device has
  /// no instructions for, which would be less precise and several times slower.
  public func computed(on device: Device) -> Precision {
    guard let autocastType, !device.multiplies(autocastType) else { return self }
    return .float32
  }

  /// A message for the user when the device computes in another precision than this one.
  public func replacement(on device: Device) -> String? {
    let computed = computed(on: device)
    guard computed != self else { return nil }
    return "computing in \(computed.rawValue), which is faster: this processor has no instructions for \(rawValue)"
  }
}
