/// Whether a network learns or predicts: batch normalisation and dropout differ.
public enum Mode: Sendable {
  case training
  case evaluation
}
