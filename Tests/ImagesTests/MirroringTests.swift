import Images
import TestImages
import Testing

@Suite struct MirroringTests {
  private let image = Image(width: 3, height: 2, pixels: (1...18).map(UInt8.init))
  private let map = LabelMap(width: 3, height: 2, labels: [1, 2, 3, 4, 5, 6])

  @Test("left and right are exchanged, rows and colours stay")
  func once() {
    #expect(image.mirrored().pixels == [7, 8, 9, 4, 5, 6, 1, 2, 3, 16, 17, 18, 13, 14, 15, 10, 11, 12])
    #expect(map.mirrored().labels == [3, 2, 1, 6, 5, 4])
  }

  @Test("mirroring twice is the identity")
  func twice() {
    #expect(image.mirrored().mirrored() == image)
    #expect(map.mirrored().mirrored() == map)
  }
}

@Suite struct FloatImageTests {
  @Test("planes are red, green and blue, normalised with their own statistics")
  func planes() {
    let image = Image(width: 2, height: 1, pixels: [0, 51, 255, 102, 255, 0])
    let floats = FloatImage(
      image, normalizedBy: ChannelNormalization(mean: [127.5, 63.75, 0], deviation: [255, 127.5, 510]))
    #expect(floats.channels == 3)
    expectClose(floats.values, [-0.5, -0.1, -0.1, 1.5, 0.5, 0], tolerance: 1e-6, "planes")
  }

  @Test("ImageNet's statistics are those of its photographs")
  func imageNet() {
    let floats = FloatImage(Image(width: 1, height: 1, pixels: [255, 255, 255]), normalizedBy: .imageNet)
    expectClose(floats.values, [0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225], tolerance: 1e-6, "white")
  }
}
