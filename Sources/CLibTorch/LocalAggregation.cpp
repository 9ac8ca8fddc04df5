// Local aggregation as the operator blpseg::local_aggregation, with its gradient.
//
// For sources a and targets b of a grid, positions p and s_ab = f_a . f_b:
//
//     out_b = sum_a e^s_ab g_ab v_a / (sum_a e^s_ab g_ab + 1e-7 sum_a e^s_ab),   g_ab = e^(-|p_a - p_b|^2 / 2 sigma^2)
//
// On the CPU a kernel walks over tiles. Elsewhere LibTorch's own operators take the targets in chunks. Neither ever
// holds a table of all pairs: memory grows with the number of positions.
#include <algorithm>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "LocalAggregationKernel.h"

namespace {

using at::Tensor;
using blpseg::AggregationShape;

constexpr double outside_share = 1e-7;
constexpr int64_t chunk = 256;

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

/// Distance weights by the differences of rows and columns, `[height, 2 * width - 1]`: see DistanceTable.
///
/// Distances are taken, squared, divided and exponentiated in float32 whatever the element type, as in the published program:
/// its float64 losses can be met to 1e-10 only with weights that are rounded so. Roots and exponentials are rounded to float32
/// from float64, since those of float32 differ in their last bits from one instruction set to another.
Tensor distance_weights(const AggregationShape &shape, const at::TensorOptions &options) {
  Tensor row = at::arange(shape.height, at::kFloat).unsqueeze(1);
  Tensor column = at::arange(1 - shape.width, shape.width, at::kFloat).unsqueeze(0);
  Tensor distance = at::sqrt((row * row + column * column).to(at::kDouble)).to(at::kFloat);
  // Below this every position but the source itself is out of reach, and the divisor would be 0 in float32.
  const double smallest = 1e-30;
  Tensor exponent = -(distance * distance) / std::max(2 * shape.sigma * shape.sigma, smallest);
  return at::exp(exponent.to(at::kDouble)).to(at::kFloat).to(options);
}

// Chunks of targets, in LibTorch's operators: any device.

class ChunkDistances {
 public:
  ChunkDistances(const AggregationShape &shape, const at::TensorOptions &options) : width_(shape.width) {
    weights_ = distance_weights(shape, options);
    Tensor position = at::arange(shape.positions(), options.dtype(at::kLong));
    row_ = at::floor_divide(position, width_);
    column_ = position - row_ * width_;
  }

  /// Distance weights `[L, T]` of all sources for `count` targets from `first` on.
  Tensor weights(int64_t first, int64_t count) const {
    auto difference = [&](const Tensor &coordinate) {
      return coordinate.slice(0, first, first + count).unsqueeze(0) - coordinate.unsqueeze(1);
    };
    return at::take(weights_, difference(row_).abs() * (2 * width_ - 1) + difference(column_) + (width_ - 1));
  }

 private:
  int64_t width_;
  Tensor weights_, row_, column_;
};

std::tuple<Tensor, Tensor, Tensor> chunked(const AggregationShape &shape, const Tensor &feature, const Tensor &value) {
  Tensor f = feature.flatten(2), v = value.flatten(2);
  Tensor out = at::empty_like(v);
  Tensor peak = at::empty({shape.images, shape.positions()}, f.options()), denominator = at::empty_like(peak);
  ChunkDistances distances(shape, f.options());
  for (int64_t first = 0; first < shape.positions(); first += chunk) {
    int64_t count = std::min(chunk, shape.positions() - first);
    Tensor s = at::matmul(f.transpose(1, 2), f.slice(2, first, first + count));  // [N, L, T]
    Tensor highest = s.amax(1, true);
    Tensor e = (s - highest).exp_();
    Tensor outside = e.sum(1) * outside_share;
    Tensor p = e.mul_(distances.weights(first, count));
    Tensor sum = p.sum(1) + outside;
    out.slice(2, first, first + count).copy_(at::matmul(v, p) / sum.unsqueeze(1));
    peak.slice(1, first, first + count).copy_(highest.squeeze(1));
    denominator.slice(1, first, first + count).copy_(sum);
  }
  return {out.view_as(value), peak, denominator};
}

std::tuple<Tensor, Tensor> chunked_backward(
    const AggregationShape &shape, const Tensor &feature, const Tensor &value, const Tensor &out, const Tensor &peak,
    const Tensor &denominator, const Tensor &cotangent) {
  Tensor f = feature.flatten(2), v = value.flatten(2), d = cotangent.flatten(2);
  Tensor delta = (d * out.flatten(2)).sum(1);  // [N, L]
  Tensor feature_gradient = at::zeros_like(f), value_gradient = at::zeros_like(v);
  ChunkDistances distances(shape, f.options());
  for (int64_t first = 0; first < shape.positions(); first += chunk) {
    int64_t count = std::min(chunk, shape.positions() - first);
    auto part = [&](const Tensor &whole) { return whole.slice(-1, first, first + count); };
    Tensor s = at::matmul(f.transpose(1, 2), part(f));  // [N, L, T]
    Tensor w = (s - part(peak).unsqueeze(1)).exp_() / part(denominator).unsqueeze(1);
    Tensor g = distances.weights(first, count);
    value_gradient.add_(at::matmul(part(d), (w * g).transpose(1, 2)));
    Tensor share = part(delta).unsqueeze(1);
    Tensor ds = w * (g * (at::matmul(v.transpose(1, 2), part(d)) - share) - outside_share * share);
    feature_gradient.add_(at::matmul(part(f), ds.transpose(1, 2)));
    part(feature_gradient).add_(at::matmul(f, ds));
  }
  return {feature_gradient.view_as(feature), value_gradient.view_as(value)};
}

// The kernel's entry points for tensors.

std::tuple<Tensor, Tensor, Tensor> tiled(const AggregationShape &shape, const Tensor &feature, const Tensor &value) {
  Tensor out = at::empty(value.sizes(), value.options());
  Tensor peak = at::empty({shape.images, shape.positions()}, value.options()), denominator = at::empty_like(peak);
  Tensor weights = distance_weights(shape, value.options());
  AT_DISPATCH_FLOATING_TYPES(feature.scalar_type(), "local_aggregation", [&] {
    blpseg::DistanceTable<scalar_t> distances{weights.const_data_ptr<scalar_t>(), shape.width};
    blpseg::aggregate<scalar_t>(
        shape, distances, feature.const_data_ptr<scalar_t>(), value.const_data_ptr<scalar_t>(), out.mutable_data_ptr<scalar_t>(),
        peak.mutable_data_ptr<scalar_t>(), denominator.mutable_data_ptr<scalar_t>());
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
    blpseg::DistanceTable<scalar_t> distances{weights.const_data_ptr<scalar_t>(), shape.width};
    blpseg::aggregate_backward<scalar_t>(
        shape, distances, feature.const_data_ptr<scalar_t>(), value.const_data_ptr<scalar_t>(), out.const_data_ptr<scalar_t>(),
        peak.const_data_ptr<scalar_t>(), denominator.const_data_ptr<scalar_t>(), cotangent.const_data_ptr<scalar_t>(),
        feature_gradient.mutable_data_ptr<scalar_t>(), value_gradient.mutable_data_ptr<scalar_t>());
  });
  return {feature_gradient, value_gradient};
}

struct LocalAggregation : torch::autograd::Function<LocalAggregation> {
  static Tensor forward(
      torch::autograd::AutogradContext *context, const Tensor &feature, const Tensor &value, double sigma,
      bool in_chunks) {
    AggregationShape shape = checked_shape(feature, value, sigma);
    // Products that reach hundreds must not be rounded to 16 bits.
    c10::impl::ExcludeDispatchKeyGuard without_autocast(c10::autocast_dispatch_keyset);
    bool chunks = in_chunks || !feature.is_cpu();
    Tensor f = feature.contiguous(), v = value.contiguous();
    auto [out, peak, denominator] = chunks ? chunked(shape, f, v) : tiled(shape, f, v);
    context->save_for_backward({f, v, out, peak, denominator});
    context->saved_data["sigma"] = sigma;
    context->saved_data["chunks"] = chunks;
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, const torch::autograd::variable_list &cotangents) {
    c10::impl::ExcludeDispatchKeyGuard without_autocast(c10::autocast_dispatch_keyset);
    auto saved = context->get_saved_variables();
    AggregationShape shape = checked_shape(saved[0], saved[1], context->saved_data["sigma"].toDouble());
    auto step = context->saved_data["chunks"].toBool() ? chunked_backward : tiled_backward;
    auto [feature_gradient, value_gradient] =
        step(shape, saved[0], saved[1], saved[2], saved[3], saved[4], cotangents[0].contiguous());
    return {feature_gradient, value_gradient, Tensor(), Tensor()};
  }
};

Tensor local_aggregation(const Tensor &feature, const Tensor &value, double sigma, bool in_chunks) {
  return LocalAggregation::apply(feature, value, sigma, in_chunks);
}

}  // namespace

TORCH_LIBRARY(blpseg, library) {
  library.def(
      "local_aggregation(Tensor feature, Tensor value, float sigma, bool in_chunks=False) -> Tensor",
      torch::dispatch(c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(local_aggregation)));
}
