extension Image {
  /// The image as it is shown, from the pixels as they are stored.
  public func turned(by orientation: ImageOrientation) -> Image {
    if orientation.isUpright { return self }
    let (stored, swaps) = ((width: width, height: height), orientation.swapsSides)
    let (newWidth, newHeight) = swaps ? (height, width) : (width, height)
    // Where the first stored pixel goes, and how far each further row and column lies from the one before it.
    let across = orientation.startsAtRight ? -3 : 3
    let down = orientation.startsAtBottom ? -3 * newWidth : 3 * newWidth
    let first =
      (orientation.startsAtRight ? 3 * (newWidth - 1) : 0)
      + (orientation.startsAtBottom ? 3 * newWidth * (newHeight - 1) : 0)
    let (rowStep, columnStep) = swaps ? (across, down) : (down, across)
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { turned, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        guard let from = pixels.baseAddress, let to = turned.baseAddress else { return }
        // In squares, so that what is read along rows and written along columns stays in the cache.
        for top in stride(from: 0, to: stored.height, by: Image.square) {
          for left in stride(from: 0, to: stored.width, by: Image.square) {
            for y in top..<min(top + Image.square, stored.height) {
              var source = from + 3 * (y * stored.width + left)
              var target = to + (first + y * rowStep + left * columnStep)
              for _ in left..<min(left + Image.square, stored.width) {
                (target[0], target[1], target[2]) = (source[0], source[1], source[2])
                source += 3
                target += columnStep
              }
            }
          }
        }
      }
      initialized = pixels.count
    }
    return Image(width: newWidth, height: newHeight, pixels: turned)
  }

  /// Side of the squares in which pixels change places.
  private static let square = 64
}
