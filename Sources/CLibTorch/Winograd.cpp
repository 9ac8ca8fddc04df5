// Convolutions by Winograd's algorithm (Winograd.h of CKernels) as operators, with their gradients.
#include "Winograd.h"

#include <tuple>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd_not_implemented_fallback.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "CLibTorch.h"
#include "Guarded.h"
#include "Handles.h"
#include "TorchBackend.h"

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
        tensor.scalar_type() == at::kFloat && tensor.device() == image.device(),
        "float32 on one device is expected, found ", tensor.scalar_type(), " on ", tensor.device());
  return {image.size(0), image.size(2), image.size(3), weight.size(1), weight.size(0)};
}

/// Channels last: pixel by pixel, and tap by tap.
Tensor in_order(const Tensor &tensor) { return tensor.contiguous(at::MemoryFormat::ChannelsLast); }

Tensor empty_result(const Convolution3x3 &shape, const Tensor &image) {
  return at::empty(
      {shape.images, shape.outputs, shape.height, shape.width},
      image.options().memory_format(at::MemoryFormat::ChannelsLast));
}

Tensor forward(const Tensor &image, const Tensor &weight) {
  const Convolution3x3 shape = checked_shape(image, weight);
  Tensor x = in_order(image), w = in_order(weight), out = empty_result(shape, x);
  blpseg::convolve(
      blpseg::torch_backend(), shape, blpseg::elements<float>(x), blpseg::elements<float>(w), {},
      blpseg::mutable_elements<float>(out));
  return out;
}

Tensor forward_meta(const Tensor &image, const Tensor &weight) {
  return empty_result(checked_shape(image, weight), image);
}

/// Gradients of the image and of the weight, each undefined where it is not required.
std::tuple<Tensor, Tensor> backward(
    const Tensor &cotangent, const Tensor &image, const Tensor &weight, bool wants_image, bool wants_weight) {
  const Convolution3x3 shape = checked_shape(image, weight);
  TORCH_CHECK(
      cotangent.sizes() == at::IntArrayRef({shape.images, shape.outputs, shape.height, shape.width})
          && cotangent.scalar_type() == at::kFloat,
      "the cotangent must be as the result, found ", cotangent.sizes(), " of ", cotangent.scalar_type());
  Tensor d = in_order(cotangent), image_gradient, weight_gradient;
  if (wants_image) {
    Tensor w = in_order(weight);
    image_gradient = at::empty(image.sizes(), image.options().memory_format(at::MemoryFormat::ChannelsLast));
    blpseg::convolve_backward_image(
        blpseg::torch_backend(), shape, blpseg::elements<float>(d), blpseg::elements<float>(w),
        blpseg::mutable_elements<float>(image_gradient));
  }
  if (wants_weight) {
    Tensor x = in_order(image);
    weight_gradient = at::empty(weight.sizes(), weight.options().memory_format(at::MemoryFormat::ChannelsLast));
    blpseg::convolve_backward_weight(
        blpseg::torch_backend(), shape, blpseg::elements<float>(x), blpseg::elements<float>(d),
        blpseg::mutable_elements<float>(weight_gradient));
  }
  return {image_gradient, weight_gradient};
}

std::tuple<Tensor, Tensor> backward_meta(
    const Tensor &, const Tensor &image, const Tensor &weight, bool wants_image, bool wants_weight) {
  auto like = [](const Tensor &tensor) {
    return at::empty(tensor.sizes(), tensor.options().memory_format(at::MemoryFormat::ChannelsLast));
  };
  return {wants_image ? like(image) : Tensor(), wants_weight ? like(weight) : Tensor()};
}

struct WinogradConvolution : torch::autograd::Function<WinogradConvolution> {
  static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &image, const Tensor &weight) {
    static const auto below =
        c10::Dispatcher::singleton().findSchemaOrThrow("blpseg::winograd_convolution", "").typed<decltype(::forward)>();
    at::AutoDispatchBelowADInplaceOrView guard;
    // Reordered once for both passes.
    Tensor x = image.dim() == 4 ? in_order(image) : image;
    context->save_for_backward({x, weight});
    return below.call(x, weight);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, const torch::autograd::variable_list &cotangents) {
    static const auto step = c10::Dispatcher::singleton()
                                 .findSchemaOrThrow("blpseg::winograd_convolution_backward", "")
                                 .typed<decltype(::backward)>();
    auto saved = context->get_saved_variables();
    auto [image_gradient, weight_gradient] =
        step.call(cotangents[0], saved[0], saved[1], context->needs_input_grad(0), context->needs_input_grad(1));
    return {image_gradient, weight_gradient};
  }
};

Tensor forward_autograd(const Tensor &image, const Tensor &weight) { return WinogradConvolution::apply(image, weight); }

Tensor fused(
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
    finish.bias = blpseg::elements<float>(b);
  }
  if (addend) {
    TORCH_CHECK(
        addend->sizes() == out.sizes() && addend->scalar_type() == at::kFloat, "an addend of ", out.sizes(),
        " in float32 is expected, found ", addend->sizes(), " of ", addend->scalar_type());
    a = in_order(*addend);
    finish.addend = blpseg::elements<float>(a);
  }
  blpseg::convolve(
      blpseg::torch_backend(), shape, blpseg::elements<float>(x), blpseg::elements<float>(w), finish,
      blpseg::mutable_elements<float>(out));
  return out;
}

Tensor fused_meta(
    const Tensor &image, const Tensor &weight, const std::optional<Tensor> &, const std::optional<Tensor> &, bool) {
  return forward_meta(image, weight);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(blpseg, library) {
  library.def("winograd_convolution(Tensor image, Tensor weight) -> Tensor");
  library.def(
      "winograd_convolution_backward(Tensor cotangent, Tensor image, Tensor weight, bool wants_image, "
      "bool wants_weight) -> (Tensor image_gradient, Tensor weight_gradient)");
  library.def(
      "winograd_convolution_fused(Tensor image, Tensor weight, Tensor? bias, Tensor? addend, bool rectified) -> "
      "Tensor");
}

TORCH_LIBRARY_IMPL(blpseg, CPU, library) {
  library.impl("winograd_convolution", TORCH_FN(forward));
  library.impl("winograd_convolution_backward", TORCH_FN(backward));
  library.impl("winograd_convolution_fused", TORCH_FN(fused));
}

TORCH_LIBRARY_IMPL(blpseg, Meta, library) {
  library.impl("winograd_convolution", TORCH_FN(forward_meta));
  library.impl("winograd_convolution_backward", TORCH_FN(backward_meta));
  library.impl("winograd_convolution_fused", TORCH_FN(fused_meta));
}

TORCH_LIBRARY_IMPL(blpseg, Autograd, library) {
  library.impl("winograd_convolution", TORCH_FN(forward_autograd));
  // Refuse a second derivative, and any derivative of the fused form.
  library.impl("winograd_convolution_backward", torch::autograd::autogradNotImplementedFallback());
  library.impl("winograd_convolution_fused", torch::autograd::autogradNotImplementedFallback());
}

bool torch_suits_winograd(TorchTensor image, TorchTensor weight) {
  bool result = false;
  char *error = guarded([&] {
    const Tensor x = borrowed(image), w = borrowed(weight);
    for (const Tensor &tensor : {x, w})
      if (tensor.scalar_type() != at::kFloat || !tensor.is_cpu() || tensor.dim() != 4) return;
    if (w.size(2) != 3 || w.size(3) != 3) return;
    result = blpseg::is_worthwhile({x.size(0), x.size(2), x.size(3), w.size(1), w.size(0)});
  });
  free(error);
  return result;
}
