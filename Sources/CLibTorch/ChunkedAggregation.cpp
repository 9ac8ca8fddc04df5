#include "ChunkedAggregation.h"

#include <algorithm>

namespace blpseg {

using at::Tensor;

Tensor distance_weights(const AggregationShape &shape, const at::TensorOptions &options) {
  Tensor row = at::arange(shape.height, at::kFloat).unsqueeze(1);
  Tensor column = at::arange(1 - shape.width, shape.width, at::kFloat).unsqueeze(0);
  Tensor distance = at::sqrt((row * row + column * column).to(at::kDouble)).to(at::kFloat);
  // Below this every position but the source itself is out of reach, and the divisor would be 0 in float32.
  const double smallest = 1e-30;
  Tensor exponent = -(distance * distance) / std::max(2 * shape.sigma * shape.sigma, smallest);
  return at::exp(exponent.to(at::kDouble)).to(at::kFloat).to(options);
}

namespace {

/// Targets at a time: tables `[positions, 256]` keep a device busy and take megabytes, not gigabytes.
constexpr int64_t chunk = 256;

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

}  // namespace

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

}  // namespace blpseg
