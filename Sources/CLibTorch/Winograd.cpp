// Convolutions by WinogradKernel.h as operators, with their gradients.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "WinogradKernel.h"

namespace {

using at::Tensor;
using blpseg::Convolution3x3;

constexpr int64_t lanes = blpseg::convolution_lanes;

Convolution3x3 checked_shape(const Tensor &image, const Tensor &weight) {
  TORCH_CHECK(
      image.dim() == 4 && weight.dim() == 4 && weight.size(2) == 3 && weight.size(3) == 3,
      "image and weight must be [N, C, H, W] and [K, C, 3, 3], found ", image.sizes(), " and ", weight.sizes());
  TORCH_CHECK(
      image.size(1) == weight.size(1), "image and weight must agree in C, found ", image.sizes(), " and ",
      weight.sizes());
  TORCH_CHECK(
      weight.size(0) > 0 && weight.size(1) > 0 && weight.size(0) % lanes == 0 && weight.size(1) % lanes == 0,
      "numbers of channels must be multiples of ", lanes, ", found a weight of ", weight.sizes());
  for (const Tensor &tensor : {image, weight})
    TORCH_CHECK(
        tensor.scalar_type() == at::kFloat && tensor.is_cpu(), "float32 on the CPU is expected, found ",
        tensor.scalar_type(), " on ", tensor.device());
  return {image.size(0), image.size(2), image.size(3), weight.size(1), weight.size(0)};
}

/// Pixel by pixel, and tap by tap.
Tensor in_order(const Tensor &tensor) { return tensor.contiguous(at::MemoryFormat::ChannelsLast); }

Tensor empty_result(const Convolution3x3 &shape, const Tensor &image) {
  return at::empty(
      {shape.images, shape.outputs, shape.height, shape.width},
      image.options().memory_format(at::MemoryFormat::ChannelsLast));
}

struct WinogradConvolution : torch::autograd::Function<WinogradConvolution> {
  static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &image, const Tensor &weight) {
    const Convolution3x3 shape = checked_shape(image, weight);
    Tensor x = in_order(image), w = in_order(weight), out = empty_result(shape, x);
    blpseg::convolve(
        shape, x.const_data_ptr<float>(), w.const_data_ptr<float>(), {}, out.mutable_data_ptr<float>());
    context->save_for_backward({x, weight});
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, const torch::autograd::variable_list &cotangents) {
    auto saved = context->get_saved_variables();
    const Convolution3x3 shape = checked_shape(saved[0], saved[1]);
    Tensor cotangent = in_order(cotangents[0]), image_gradient, weight_gradient;
    if (context->needs_input_grad(0)) {
      image_gradient = at::empty_like(saved[0]);
      Tensor w = in_order(saved[1]);
      blpseg::convolve_backward_image(
          shape, cotangent.const_data_ptr<float>(), w.const_data_ptr<float>(),
          image_gradient.mutable_data_ptr<float>());
    }
    if (context->needs_input_grad(1)) {
      weight_gradient =
          at::empty(saved[1].sizes(), saved[1].options().memory_format(at::MemoryFormat::ChannelsLast));
      blpseg::convolve_backward_weight(
          shape, saved[0].const_data_ptr<float>(), cotangent.const_data_ptr<float>(),
          weight_gradient.mutable_data_ptr<float>());
    }
    return {image_gradient, weight_gradient};
  }
};

Tensor winograd_convolution(const Tensor &image, const Tensor &weight) {
  return WinogradConvolution::apply(image, weight);
}

Tensor winograd_convolution_fused(
    const Tensor &image, const Tensor &weight, const std::optional<Tensor> &bias, const std::optional<Tensor> &addend,
    bool rectified) {
  const Convolution3x3 shape = checked_shape(image, weight);
  Tensor x = in_order(image), w = in_order(weight), out = empty_result(shape, x), b, a;
  blpseg::Finish finish;
  finish.rectified = rectified;
  if (bias) {
    TORCH_CHECK(
        bias->numel() == shape.outputs && bias->scalar_type() == at::kFloat, "a bias of ", shape.outputs,
        " float32 numbers is expected, found ", bias->sizes(), " of ", bias->scalar_type());
    b = bias->contiguous();
    finish.bias = b.const_data_ptr<float>();
  }
  if (addend) {
    TORCH_CHECK(
        addend->sizes() == out.sizes() && addend->scalar_type() == at::kFloat, "an addend of ", out.sizes(),
        " in float32 is expected, found ", addend->sizes(), " of ", addend->scalar_type());
    a = in_order(*addend);
    finish.addend = a.const_data_ptr<float>();
  }
  blpseg::convolve(
      shape, x.const_data_ptr<float>(), w.const_data_ptr<float>(), finish, out.mutable_data_ptr<float>());
  return out;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(blpseg, library) {
  library.def(
      "winograd_convolution(Tensor image, Tensor weight) -> Tensor",
      torch::dispatch(c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(winograd_convolution)));
  library.def(
      "winograd_convolution_fused(Tensor image, Tensor weight, Tensor? bias, Tensor? addend, bool rectified) -> Tensor",
      torch::dispatch(c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(winograd_convolution_fused)));
}
