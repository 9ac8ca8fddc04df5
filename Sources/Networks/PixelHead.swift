import Layers
import Tensors

/// Three 1x1 convolutions with ReLUs between: scores of every pixel.
struct PixelHead: Foldable {
  private var convs: [ConvBlock]

  init(_ scope: ParameterScope, width: Int, outputs: Int) throws(TorchError) {
    convs = [
      ConvBlock(try Conv2d(scope / 0, width, width, kernel: 1, bias: false), nil, .relu),
      ConvBlock(try Conv2d(scope / 2, width, width, kernel: 1, bias: false), nil, .relu),
      ConvBlock(try Conv2d(scope / 4, width, outputs, kernel: 1, bias: true)),
    ]
  }

  func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    try convs[2](convs[1](convs[0](x, mode), mode), mode)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> PixelHead {
    var head = self
    head.convs = try convs.folded(type)
    return head
  }
}
