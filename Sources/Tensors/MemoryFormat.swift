/// The order in which the elements of an image batch lie in memory; raw values are LibTorch's.
public enum MemoryFormat: Int, Sendable {
  /// Plane by plane, `[N, C, H, W]` as written.
  case contiguous = 0
  /// Pixel by pixel, the order in which convolutions run fastest on many devices.
  case channelsLast = 2
}
