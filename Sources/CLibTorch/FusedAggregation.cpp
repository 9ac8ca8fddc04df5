#include "FusedAggregation.h"

#include <algorithm>
#include <limits>

namespace blpseg {

using at::Tensor;

namespace {

/// Attention requires dimensions that are multiples of 16 bytes.
constexpr int64_t alignment = 4;
/// CUDA's attention stores the log-sum-exp in blocks of this many rows.
constexpr int64_t row_block = 32;
/// Half squared distances to the centre, over sigma squared, from which float32 loses digits of the weights' exponents.
constexpr double largest_exponent = 256;

int64_t aligned(int64_t count) { return (count + alignment - 1) / alignment * alignment; }

/// `[N, K, L]` to `[N, 1, L, width]`, padded with zeros.
Tensor rows(const Tensor &columns, int64_t width) {
  Tensor padded = at::constant_pad_nd(columns, {0, 0, 0, width - columns.size(1)});
  return padded.transpose(1, 2).contiguous().unsqueeze(1);
}

/// The inverse, of the first `count` columns.
Tensor columns(const Tensor &rows, int64_t count) { return rows.squeeze(1).slice(-1, 0, count).transpose(1, 2); }

/// The queries, keys and values of one attention; all are `[N, 1, L, ...]`.
struct Attention {
  Tensor query, key, value;

  /// The result and the log-sum-exp `[N, L]`.
  std::tuple<Tensor, Tensor> forward() const {
    if (query.is_cpu()) {
      auto [out, log_sum] = at::_scaled_dot_product_flash_attention_for_cpu(query, key, value, 0, false, {}, 1.0);
      return {out, log_sum.squeeze(1)};
    }
    auto [out, log_sum, seed, offset] =
        at::_scaled_dot_product_efficient_attention(query, key, value, {}, true, 0, false, 1.0);
    return {out, log_sum.squeeze(1).slice(1, 0, query.size(2))};
  }

  /// The gradients of query, key and value where `log_sum` is what `forward` returned. `out` is the result in
  /// cotangent . out, which is subtracted from each target's gradients of scores.
  std::tuple<Tensor, Tensor, Tensor> backward(const Tensor &cotangent, const Tensor &out, const Tensor &log_sum) const {
    if (query.is_cpu())
      return at::_scaled_dot_product_flash_attention_for_cpu_backward(
          cotangent, query, key, value, out, log_sum.unsqueeze(1).contiguous(), 0, false, {}, 1.0);
    const int64_t length = query.size(2), more = (row_block - length % row_block) % row_block;
    Tensor padded = at::constant_pad_nd(log_sum, {0, more}, std::numeric_limits<double>::infinity()).unsqueeze(1);
    Tensor unused = at::empty({}, at::TensorOptions().dtype(at::kLong));
    auto [dq, dk, dv, bias] = at::_scaled_dot_product_efficient_attention_backward(
        cotangent, query, key, value, {}, out, padded, unused, unused, 0, {true, true, true, false}, false, 1.0);
    return {dq, dk, dv};
  }
};

/// Centred coordinates over sigma, `[1, 2, L]`.
Tensor positions(const AggregationShape &shape, const at::TensorOptions &options) {
  auto centred = [&](int64_t count) {
    return (at::arange(count, options) - 0.5 * static_cast<double>(count - 1)) / shape.sigma;
  };
  auto grids = at::meshgrid({centred(shape.height), centred(shape.width)}, "ij");
  return at::stack(grids).flatten(1).unsqueeze(0);
}

/// The exponents |p|^2 / (2 sigma^2), `[1, 1, L]`.
Tensor exponents(const Tensor &positions) { return positions.square().sum(1, true) / 2; }

/// The width of values: on the CPU, as wide as queries and keys.
int64_t width(const Tensor &query, int64_t channels) { return query.is_cpu() ? query.size(3) : aligned(channels); }

/// Attention with the distances. The CPU's requires queries, keys and values of one width.
Attention near(const AggregationShape &shape, const Tensor &f, const Tensor &v) {
  Tensor p = positions(shape, f.options()).expand({shape.images, -1, -1}), exponent = exponents(p);
  int64_t depth = aligned(shape.depth + 3);
  if (f.is_cpu()) depth = std::max(depth, aligned(shape.channels));
  Tensor query = rows(at::cat({f, p, at::ones_like(exponent)}, 1), depth);
  return {query, rows(at::cat({f, p, -exponent}, 1), depth), rows(v, width(query, shape.channels))};
}

/// Attention without them, of no values.
Attention whole(const AggregationShape &shape, const Tensor &f) {
  Tensor query = rows(f, aligned(shape.depth));
  return {query, query, at::zeros({shape.images, 1, shape.positions(), width(query, 1)}, f.options())};
}

/// r, `[N, 1, L]`.
Tensor kept_share(const Tensor &log_sum, const Tensor &whole_log_sum) {
  return (1 + outside_share * (whole_log_sum - log_sum).exp()).reciprocal().unsqueeze(1);
}

}  // namespace

bool can_fuse(const AggregationShape &shape, const Tensor &feature) {
  double rows = static_cast<double>(shape.height) / 2, columns = static_cast<double>(shape.width) / 2;
  return feature.is_cuda() && feature.scalar_type() == at::kFloat
         && (rows * rows + columns * columns) / (2 * shape.sigma * shape.sigma) < largest_exponent;
}

std::tuple<Tensor, Tensor, Tensor> fused(const AggregationShape &shape, const Tensor &feature, const Tensor &value) {
  Tensor f = feature.flatten(2);
  auto [attended, log_sum] = near(shape, f, value.flatten(2)).forward();
  Tensor whole_log_sum = std::get<1>(whole(shape, f).forward());
  log_sum = log_sum - exponents(positions(shape, f.options())).squeeze(1);
  Tensor out = columns(attended, shape.channels) * kept_share(log_sum, whole_log_sum);
  return {out.contiguous().view_as(value), log_sum, whole_log_sum.contiguous()};
}

std::tuple<Tensor, Tensor> fused_backward(
    const AggregationShape &shape, const Tensor &feature, const Tensor &value, const Tensor &out, const Tensor &log_sum,
    const Tensor &whole_log_sum, const Tensor &cotangent) {
  Tensor f = feature.flatten(2), d = cotangent.flatten(2), o = out.flatten(2);
  Tensor share = kept_share(log_sum, whole_log_sum);

  Attention attention = near(shape, f, value.flatten(2));
  const int64_t channels = attention.value.size(3);
  auto [query, key, values] = attention.backward(
      rows(d * share, channels), rows(o, channels), log_sum + exponents(positions(shape, f.options())).squeeze(1));
  Tensor feature_gradient = columns(query, shape.depth) + columns(key, shape.depth);

  // With values of 0 the gradient of scores is only the term subtracted for each target: 1 times the only number of
  // `reduced`.
  Attention everywhere = whole(shape, f);
  Tensor reduced = (1 - share) * (d * o).sum(1, true);
  const int64_t none = everywhere.value.size(3);
  auto [whole_query, whole_key, unused] =
      everywhere.backward(rows(at::ones_like(reduced), none), rows(reduced, none), whole_log_sum);
  feature_gradient = feature_gradient + columns(whole_query, shape.depth) + columns(whole_key, shape.depth);
  return {feature_gradient.contiguous().view_as(feature), columns(values, shape.channels).contiguous().view_as(value)};
}

}  // namespace blpseg
