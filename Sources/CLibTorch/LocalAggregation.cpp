// Local aggregation as the operator blpseg::local_aggregation, with its gradient; LocalAggregation.h of CKernels has
// the formula.
//
// On the CPU a kernel computes tile by tile; on CUDA LibTorch's fused attention does the same; elsewhere LibTorch's own
// operators take the targets in chunks. None stores a table of all pairs: memory grows with the number
// of positions.
#include "LocalAggregation.h"

#include <atomic>
#include <tuple>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd_not_implemented_fallback.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "CLibTorch.h"
#include "ChunkedAggregation.h"
#include "FusedAggregation.h"
#include "TorchBackend.h"

namespace {

using at::Tensor;
using blpseg::AggregationShape;
using blpseg::chunked;
using blpseg::chunked_backward;
using blpseg::distance_weights;

AggregationShape checked_shape(const Tensor &feature, const Tensor &value, double sigma) {
  TORCH_CHECK(
      feature.dim() == 4 && value.dim() == 4, "feature and value must be [N, D, h, w] and [N, C, h, w], found ",
      feature.sizes(), " and ", value.sizes());
  TORCH_CHECK(
      feature.size(0) == value.size(0) && feature.size(2) == value.size(2) && feature.size(3) == value.size(3),
      "feature and value must agree in N, h and w, found ", feature.sizes(), " and ", value.sizes());
  TORCH_CHECK(
      feature.scalar_type() == value.scalar_type() && feature.device() == value.device(),
      "feature and value must agree in element type and device, found ", feature.scalar_type(), " on ",
      feature.device(), " and ", value.scalar_type(), " on ", value.device());
  TORCH_CHECK(
      feature.scalar_type() == at::kFloat || feature.scalar_type() == at::kDouble,
      "local aggregation computes in float32 or float64, found ", feature.scalar_type());
  TORCH_CHECK(sigma > 0, "sigma must be positive, found ", sigma);
  return {feature.size(0), feature.size(1), value.size(1), feature.size(2), feature.size(3), sigma};
}

// The kernel, for tensors on the CPU.

std::tuple<Tensor, Tensor, Tensor> tiled(const AggregationShape &shape, const Tensor &feature, const Tensor &value) {
  Tensor out = at::empty(value.sizes(), value.options());
  Tensor peak = at::empty({shape.images, shape.positions()}, value.options()), denominator = at::empty_like(peak);
  Tensor weights = distance_weights(shape, value.options());
  AT_DISPATCH_FLOATING_TYPES(feature.scalar_type(), "local_aggregation", [&] {
    blpseg::DistanceTable<scalar_t> distances{blpseg::elements<scalar_t>(weights), shape.width};
    blpseg::aggregate<scalar_t>(
        blpseg::torch_backend(), shape, distances, blpseg::elements<scalar_t>(feature),
        blpseg::elements<scalar_t>(value), blpseg::mutable_elements<scalar_t>(out),
        blpseg::mutable_elements<scalar_t>(peak), blpseg::mutable_elements<scalar_t>(denominator));
  });
  return {out, peak, denominator};
}

std::tuple<Tensor, Tensor> tiled_backward(
    const AggregationShape &shape, const Tensor &feature, const Tensor &value, const Tensor &out, const Tensor &peak,
    const Tensor &denominator, const Tensor &cotangent) {
  Tensor feature_gradient = at::empty(feature.sizes(), feature.options());
  Tensor value_gradient = at::empty(value.sizes(), value.options());
  Tensor weights = distance_weights(shape, value.options());
  AT_DISPATCH_FLOATING_TYPES(feature.scalar_type(), "local_aggregation_backward", [&] {
    blpseg::DistanceTable<scalar_t> distances{blpseg::elements<scalar_t>(weights), shape.width};
    blpseg::aggregate_backward<scalar_t>(
        blpseg::torch_backend(), shape, distances, blpseg::elements<scalar_t>(feature),
        blpseg::elements<scalar_t>(value), blpseg::elements<scalar_t>(out), blpseg::elements<scalar_t>(peak),
        blpseg::elements<scalar_t>(denominator), blpseg::elements<scalar_t>(cotangent),
        blpseg::mutable_elements<scalar_t>(feature_gradient), blpseg::mutable_elements<scalar_t>(value_gradient));
  });
  return {feature_gradient, value_gradient};
}

// The operators. `method` is kernel, attention, bfloat16_attention, float16_attention, the same two by cuDNN
// (bfloat16_cudnn, float16_cudnn) or chunks; where it is empty the device decides.

template <typename Forward, typename Backward>
struct Implementation {
  Forward forward;
  Backward backward;
};

using blpseg::fused, blpseg::fused_backward, blpseg::Precision, blpseg::Source;
constexpr Implementation kernel{tiled, tiled_backward}, chunks{chunked, chunked_backward},
    attention{fused<Precision::full>, fused_backward<Precision::full>},
    bfloat16_attention{fused<Precision::bfloat16>, fused_backward<Precision::bfloat16>},
    float16_attention{fused<Precision::float16>, fused_backward<Precision::float16>},
    bfloat16_cudnn{fused<Precision::bfloat16, Source::cudnn>, fused_backward<Precision::bfloat16, Source::cudnn>},
    float16_cudnn{fused<Precision::float16, Source::cudnn>, fused_backward<Precision::float16, Source::cudnn>};

/// Whether attention in 16 bits is cuDNN's where the device decides.
std::atomic<bool> prefers_cudnn = false;

/// The method that a device takes. To be asked where autocast is as the caller has it.
c10::string_view chosen(c10::string_view method, const AggregationShape &shape, const Tensor &feature) {
  if (!method.empty()) return method;
  if (feature.is_cpu()) return "kernel";
  if (!blpseg::can_fuse(shape, feature)) return "chunks";
  if (!blpseg::can_round(shape, feature)) return "attention";
  const bool casts = at::autocast::is_autocast_enabled(at::kCUDA);
  // TF32 rounds factors to as many bits as float16 has.
  if (!casts && !at::globalContext().allowTF32CuBLAS()) return "attention";
  const bool has_range = casts && at::autocast::get_autocast_dtype(at::kCUDA) == at::kBFloat16;
  if (prefers_cudnn) return has_range ? "bfloat16_cudnn" : "float16_cudnn";
  return has_range ? "bfloat16_attention" : "float16_attention";
}

auto implementation(c10::string_view method, const Tensor &feature) {
  if (method == "kernel" && feature.is_cpu()) return kernel;
  if (method == "attention") return attention;
  if (method == "bfloat16_attention") return bfloat16_attention;
  if (method == "float16_attention") return float16_attention;
  if (method == "bfloat16_cudnn" && feature.is_cuda()) return bfloat16_cudnn;
  if (method == "float16_cudnn" && feature.is_cuda()) return float16_cudnn;
  TORCH_CHECK(method == "chunks", "the method '", method, "' was asked for on ", feature.device());
  return chunks;
}

std::tuple<Tensor, Tensor, Tensor> forward(
    const Tensor &feature, const Tensor &value, double sigma, c10::string_view method) {
  const AggregationShape shape = checked_shape(feature, value, sigma);
  method = chosen(method, shape, feature);
  // Products that reach hundreds must not be rounded to 16 bits.
  c10::impl::ExcludeDispatchKeyGuard without_autocast(c10::autocast_dispatch_keyset);
  return implementation(method, feature).forward(shape, feature.contiguous(), value.contiguous());
}

std::tuple<Tensor, Tensor, Tensor> forward_meta(
    const Tensor &feature, const Tensor &value, double sigma, c10::string_view) {
  const AggregationShape shape = checked_shape(feature, value, sigma);
  Tensor peak = at::empty({shape.images, shape.positions()}, value.options());
  return {at::empty(value.sizes(), value.options()), peak, at::empty_like(peak)};
}

std::tuple<Tensor, Tensor> backward(
    const Tensor &cotangent, const Tensor &feature, const Tensor &value, const Tensor &out, const Tensor &peak,
    const Tensor &denominator, double sigma, c10::string_view method) {
  const AggregationShape shape = checked_shape(feature, value, sigma);
  TORCH_CHECK(
      cotangent.sizes() == value.sizes() && out.sizes() == value.sizes(), "cotangent and out must be ", value.sizes(),
      ", found ", cotangent.sizes(), " and ", out.sizes());
  TORCH_CHECK(
      peak.numel() == shape.images * shape.positions() && denominator.numel() == peak.numel(),
      "peak and denominator must have a number per image and position, found ", peak.sizes(), " and ",
      denominator.sizes());
  for (const Tensor &tensor : {cotangent, out, peak, denominator})
    TORCH_CHECK(
        tensor.scalar_type() == feature.scalar_type(), "all tensors must be of one type, found ", tensor.scalar_type(),
        " and ", feature.scalar_type());
  c10::impl::ExcludeDispatchKeyGuard without_autocast(c10::autocast_dispatch_keyset);
  return implementation(chosen(method, shape, feature), feature)
      .backward(
          shape, feature.contiguous(), value.contiguous(), out.contiguous(), peak.contiguous(),
          denominator.contiguous(), cotangent.contiguous());
}

std::tuple<Tensor, Tensor> backward_meta(
    const Tensor &, const Tensor &feature, const Tensor &value, const Tensor &, const Tensor &, const Tensor &, double,
    c10::string_view) {
  return {at::empty(feature.sizes(), feature.options()), at::empty(value.sizes(), value.options())};
}

struct LocalAggregation : torch::autograd::Function<LocalAggregation> {
  static torch::autograd::variable_list forward(
      torch::autograd::AutogradContext *context, const Tensor &feature, const Tensor &value, double sigma,
      c10::string_view method) {
    static const auto below =
        c10::Dispatcher::singleton().findSchemaOrThrow("blpseg::local_aggregation", "").typed<decltype(::forward)>();
    method = chosen(method, checked_shape(feature, value, sigma), feature);
    at::AutoDispatchBelowADInplaceOrView guard;
    Tensor f = feature.contiguous(), v = value.contiguous();
    auto [out, peak, denominator] = below.call(f, v, sigma, method);
    context->save_for_backward({f, v, out, peak, denominator});
    context->mark_non_differentiable({peak, denominator});
    context->set_materialize_grads(false);
    context->saved_data["sigma"] = sigma;
    context->saved_data["method"] = std::string(method);
    return {out, peak, denominator};
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, const torch::autograd::variable_list &cotangents) {
    static const auto step = c10::Dispatcher::singleton()
                                 .findSchemaOrThrow("blpseg::local_aggregation_backward", "")
                                 .typed<decltype(::backward)>();
    if (!cotangents[0].defined()) return torch::autograd::variable_list(4);
    auto saved = context->get_saved_variables();
    auto [feature_gradient, value_gradient] = step.call(
        cotangents[0], saved[0], saved[1], saved[2], saved[3], saved[4], context->saved_data["sigma"].toDouble(),
        context->saved_data["method"].toStringRef());
    return {feature_gradient, value_gradient, Tensor(), Tensor()};
  }
};

std::tuple<Tensor, Tensor, Tensor> forward_autograd(
    const Tensor &feature, const Tensor &value, double sigma, c10::string_view method) {
  auto results = LocalAggregation::apply(feature, value, sigma, method);
  return {results[0], results[1], results[2]};
}

}  // namespace

void torch_prefer_cudnn_attention(bool preferred) { prefers_cudnn = preferred; }

TORCH_LIBRARY_FRAGMENT(blpseg, library) {
  library.def(
      "local_aggregation(Tensor feature, Tensor value, float sigma, str method='') -> "
      "(Tensor out, Tensor peak, Tensor denominator)");
  library.def(
      "local_aggregation_backward(Tensor cotangent, Tensor feature, Tensor value, Tensor out, Tensor peak, "
      "Tensor denominator, float sigma, str method='') -> (Tensor feature_gradient, Tensor value_gradient)");
}

TORCH_LIBRARY_IMPL(blpseg, CompositeExplicitAutograd, library) {
  library.impl("local_aggregation", TORCH_FN(forward));
  library.impl("local_aggregation_backward", TORCH_FN(backward));
}

TORCH_LIBRARY_IMPL(blpseg, Meta, library) {
  library.impl("local_aggregation", TORCH_FN(forward_meta));
  library.impl("local_aggregation_backward", TORCH_FN(backward_meta));
}

TORCH_LIBRARY_IMPL(blpseg, Autograd, library) {
  library.impl("local_aggregation", TORCH_FN(forward_autograd));
  // Refuses a second derivative.
  library.impl("local_aggregation_backward", torch::autograd::autogradNotImplementedFallback());
}
