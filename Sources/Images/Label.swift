/// Label values with a meaning of their own; all others are class indices.
public enum Label {
  /// On disk: no scribble here, or void in ground truth. In a training batch: cropped padding only.
  public static let ignored: UInt8 = 255
}
