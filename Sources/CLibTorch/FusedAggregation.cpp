#include "FusedAggregation.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace blpseg {

using at::Tensor;

namespace {

/// Attention requires dimensions that are multiples of 16 bytes.
constexpr int64_t alignment = 4;
/// CUDA's attention in 16 bits has kernels for multiples of this width, up to the widest.
constexpr int64_t halved_alignment = 64, widest_halved = 256;
/// CUDA's attention stores the log-sum-exp in blocks of this many rows.
constexpr int64_t row_block = 32;
/// Half squared distances to the centre, over sigma squared, from which float32 loses digits of the weights' exponents.
constexpr double largest_exponent = 256;

int64_t rounded_up(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }

/// `[N, K, L]` to `[N, 1, L, width]`, padded with zeros.
Tensor rows(const Tensor &columns, int64_t width) {
  Tensor padded = at::constant_pad_nd(columns, {0, 0, 0, width - columns.size(1)});
  return padded.transpose(1, 2).contiguous().unsqueeze(1);
}

/// `count` columns of `[N, 1, L, width]` from `first` on, as `[N, count, L]`; in float32 where they are of bfloat16.
Tensor columns(const Tensor &rows, int64_t count, int64_t first = 0) {
  Tensor found = rows.squeeze(1).slice(-1, first, first + count).transpose(1, 2);
  return found.scalar_type() == at::kBFloat16 ? found.to(at::kFloat) : found;
}

/// Numbers as sums of two of bfloat16: their rounding, and the rounding of what it leaves.
std::pair<Tensor, Tensor> halves(const Tensor &numbers) {
  Tensor high = numbers.to(at::kBFloat16);
  return {high, (numbers - high).to(at::kBFloat16)};
}

/// How an attention's factors are stored.
struct Storage {
  Precision precision;
  /// Numbers per position, and values.
  int64_t depth, channels;
  /// Columns of queries, keys, and values.
  int64_t width, value_width;

  /// `depth` and `channels` are at least 1.
  Storage(Precision precision, bool is_cpu, int64_t depth, int64_t channels)
      : precision(precision), depth(depth), channels(channels) {
    const bool is_halved = precision == Precision::halved;
    const int64_t multiple = is_halved ? halved_alignment : alignment;
    width = rounded_up(is_halved ? 3 * depth : depth, multiple);
    value_width = rounded_up(is_halved ? 2 * channels : channels, multiple);
    // One width for all is what the CPU and 16 bits require.
    if (is_cpu || is_halved) width = value_width = std::max(width, value_width);
  }

  // With halves, the product of a query and a key is high high + high low + low high. What is left out is 2^-16 of it.

  Tensor query(const Tensor &numbers) const {
    if (precision == Precision::full) return rows(numbers, width);
    auto [high, low] = halves(numbers);
    return rows(at::cat({high, high, low}, 1), width);
  }

  Tensor key(const Tensor &numbers) const {
    if (precision == Precision::full) return rows(numbers, width);
    auto [high, low] = halves(numbers);
    return rows(at::cat({high, low, high}, 1), width);
  }

  /// Values, or a result.
  Tensor value(const Tensor &numbers) const {
    if (precision == Precision::full) return rows(numbers, value_width);
    auto [high, low] = halves(numbers);
    return rows(at::cat({high, low}, 1), value_width);
  }

  /// A factor of both halves of values.
  Tensor cotangent(const Tensor &numbers) const {
    if (precision == Precision::full) return rows(numbers, value_width);
    Tensor high = numbers.to(at::kBFloat16);
    return rows(at::cat({high, high}, 1), value_width);
  }

  /// The sum of both halves of a result.
  Tensor result(const Tensor &rows) const { return with_half(rows, channels, channels); }

  // Gradients of the first `count` numbers: of queries and keys that of the high half, each of whose parts was a factor of a part
  // of the other.

  Tensor query_gradient(const Tensor &rows, int64_t count) const { return with_half(rows, count, depth); }
  Tensor key_gradient(const Tensor &rows, int64_t count) const { return with_half(rows, count, 2 * depth); }
  Tensor value_gradient(const Tensor &rows) const { return columns(rows, channels); }

 private:
  /// The first `count` columns and, of halves, those from `second` on, added.
  Tensor with_half(const Tensor &rows, int64_t count, int64_t second) const {
    Tensor first = columns(rows, count);
    return precision == Precision::full ? first : first + columns(rows, count, second);
  }
};

/// One attention of `[N, 1, L, ...]`.
struct Attention {
  Storage storage;
  Tensor query, key, value;

  /// The result and the log-sum-exp `[N, L]`.
  std::tuple<Tensor, Tensor> forward() const {
    if (query.is_cpu()) {
      auto [out, log_sum] = at::_scaled_dot_product_flash_attention_for_cpu(query, key, value, 0, false, {}, 1.0);
      return {out, log_sum.squeeze(1)};
    }
    if (storage.precision == Precision::halved) {
      auto results = at::_scaled_dot_product_flash_attention(query, key, value, 0, false, false, 1.0);
      return {std::get<0>(results), std::get<1>(results).squeeze(1).slice(1, 0, query.size(2))};
    }
    auto [out, log_sum, seed, offset] =
        at::_scaled_dot_product_efficient_attention(query, key, value, {}, true, 0, false, 1.0);
    return {out, log_sum.squeeze(1).slice(1, 0, query.size(2))};
  }

  /// The gradients of query, key and value where `log_sum` is what `forward` returned. `out` is the result in
  /// cotangent . out, which is subtracted from each target's gradients of scores.
  std::tuple<Tensor, Tensor, Tensor> backward(const Tensor &cotangent, const Tensor &out, const Tensor &log_sum) const {
    const int64_t length = query.size(2);
    if (query.is_cpu())
      return at::_scaled_dot_product_flash_attention_for_cpu_backward(
          cotangent, query, key, value, out, log_sum.unsqueeze(1).contiguous(), 0, false, {}, 1.0);
    Tensor unused = at::empty({}, at::TensorOptions().dtype(at::kLong));
    if (storage.precision == Precision::halved)
      return at::_scaled_dot_product_flash_attention_backward(
          cotangent, query, key, value, out, log_sum.unsqueeze(1).contiguous(), Tensor(), Tensor(), length, length, 0,
          false, unused, unused, 1.0);
    const int64_t more = (row_block - length % row_block) % row_block;
    Tensor padded = at::constant_pad_nd(log_sum, {0, more}, std::numeric_limits<double>::infinity()).unsqueeze(1);
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

/// Numbers per position with the distances: the feature's and three more.
int64_t depth_with_distances(const AggregationShape &shape) { return shape.depth + 3; }

/// Attention with the distances.
Attention near(const AggregationShape &shape, Precision precision, const Tensor &f, const Tensor &v) {
  Tensor p = positions(shape, f.options()).expand({shape.images, -1, -1}), exponent = exponents(p);
  Storage storage(precision, f.is_cpu(), depth_with_distances(shape), shape.channels);
  return {
      storage, storage.query(at::cat({f, p, at::ones_like(exponent)}, 1)), storage.key(at::cat({f, p, -exponent}, 1)),
      storage.value(v)};
}

/// Attention without them, of no values.
Attention whole(const AggregationShape &shape, Precision precision, const Tensor &f) {
  Storage storage(precision, f.is_cpu(), shape.depth, 1);
  Tensor none = at::zeros({shape.images, 1, shape.positions()}, f.options());
  return {storage, storage.query(f), storage.key(f), storage.value(none)};
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

bool can_halve(const AggregationShape &shape) {
  return Storage(Precision::halved, false, depth_with_distances(shape), shape.channels).width <= widest_halved;
}

template <Precision precision>
std::tuple<Tensor, Tensor, Tensor> fused(const AggregationShape &shape, const Tensor &feature, const Tensor &value) {
  Tensor f = feature.flatten(2);
  Attention attention = near(shape, precision, f, value.flatten(2));
  auto [attended, log_sum] = attention.forward();
  Tensor whole_log_sum = std::get<1>(whole(shape, precision, f).forward());
  log_sum = log_sum - exponents(positions(shape, f.options())).squeeze(1);
  Tensor out = attention.storage.result(attended) * kept_share(log_sum, whole_log_sum);
  return {out.contiguous().view_as(value), log_sum, whole_log_sum.contiguous()};
}

template <Precision precision>
std::tuple<Tensor, Tensor> fused_backward(
    const AggregationShape &shape, const Tensor &feature, const Tensor &value, const Tensor &out, const Tensor &log_sum,
    const Tensor &whole_log_sum, const Tensor &cotangent) {
  Tensor f = feature.flatten(2), d = cotangent.flatten(2), o = out.flatten(2);
  Tensor share = kept_share(log_sum, whole_log_sum);

  Attention attention = near(shape, precision, f, value.flatten(2));
  const Storage &storage = attention.storage;
  auto [query, key, values] = attention.backward(
      storage.cotangent(d * share), storage.value(o), log_sum + exponents(positions(shape, f.options())).squeeze(1));
  Tensor feature_gradient = storage.query_gradient(query, shape.depth) + storage.key_gradient(key, shape.depth);

  // With values of 0 the gradient of scores is only the term subtracted for each target: 1 times the only number of
  // `reduced`.
  Attention everywhere = whole(shape, precision, f);
  Tensor reduced = (1 - share) * (d * o).sum(1, true);
  auto [whole_query, whole_key, unused] = everywhere.backward(
      everywhere.storage.cotangent(at::ones_like(reduced)), everywhere.storage.value(reduced), whole_log_sum);
  feature_gradient = feature_gradient + everywhere.storage.query_gradient(whole_query, shape.depth)
                     + everywhere.storage.key_gradient(whole_key, shape.depth);
  return {feature_gradient.contiguous().view_as(feature), storage.value_gradient(values).contiguous().view_as(value)};
}

template std::tuple<Tensor, Tensor, Tensor> fused<Precision::full>(
    const AggregationShape &, const Tensor &, const Tensor &);
template std::tuple<Tensor, Tensor, Tensor> fused<Precision::halved>(
    const AggregationShape &, const Tensor &, const Tensor &);
template std::tuple<Tensor, Tensor> fused_backward<Precision::full>(
    const AggregationShape &, const Tensor &, const Tensor &, const Tensor &, const Tensor &, const Tensor &,
    const Tensor &);
template std::tuple<Tensor, Tensor> fused_backward<Precision::halved>(
    const AggregationShape &, const Tensor &, const Tensor &, const Tensor &, const Tensor &, const Tensor &,
    const Tensor &);

}  // namespace blpseg
