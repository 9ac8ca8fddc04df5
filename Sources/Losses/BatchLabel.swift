/// Label values of a training batch with a meaning of their own; C, the number of classes, means "unlabelled".
public enum BatchLabel {
  /// Takes part in no loss: padding of random crops, void, and pixels without a confident pseudo label.
  public static let ignored = 255
}
