import Layers
import Tensors

/// Three 1x1 convolutions with ReLUs between: scores of every pixel.
struct PixelHead {
  private let convs: [Conv2d]

  init(_ scope: ParameterScope, width: Int, outputs: Int) throws(TorchError) {
    convs = [
      try Conv2d(scope / 0, width, width, kernel: 1, bias: false),
      try Conv2d(scope / 2, width, width, kernel: 1, bias: false),
      try Conv2d(scope / 4, width, outputs, kernel: 1, bias: true),
    ]
  }

  func callAsFunction(_ x: Tensor) throws(TorchError) -> Tensor { try convs[2](convs[1](convs[0](x).relu()).relu()) }
}
