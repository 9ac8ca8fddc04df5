#include "FusedAggregation.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "Generation.h"

namespace blpseg {

using at::Tensor;

namespace {

/// Attention requires dimensions that are multiples of 16 bytes.
constexpr int64_t alignment = 4;
/// CUDA's attention in 16 bits has kernels for multiples of this width, up to the widest.
constexpr int64_t rounded_alignment = 64, widest_rounded = 256;
/// CUDA's attention stores the log-sum-exp in blocks of this many rows.
constexpr int64_t row_block = 32;
/// What values and cotangents in 16 bits are scaled to. Gradients of scores, of which each target has some thousands, are then
/// above what float16 loses, and their sums below its largest number.
constexpr double largest_value = 32, largest_cotangent = 1;
/// Half squared distances to the centre, over sigma squared, from which float32 loses digits of the weights' exponents.
constexpr double largest_exponent = 256;

int64_t rounded_up(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }

at::ScalarType type_of(Precision precision) {
  switch (precision) {
    case Precision::full: return at::kFloat;
    case Precision::bfloat16: return at::kBFloat16;
    case Precision::float16: return at::kHalf;
  }
  TORCH_CHECK(false, "no such precision");
}

/// `count` numbers of 16 bits whose sum is the float32 number; that itself where factors are float32.
std::vector<Tensor> parts(Tensor numbers, Precision precision, int count) {
  if (precision == Precision::full) return {numbers};
  std::vector<Tensor> found;
  for (int i = 0; i < count; ++i) {
    found.push_back(numbers.to(type_of(precision)));
    numbers = numbers - found.back();
  }
  return found;
}

/// How an attention's factors are stored.
struct Storage {
  Precision precision;
  /// Columns of queries, keys, and values.
  int64_t width, value_width;

  /// For queries of `depth` numbers. Values of 16 bits are stored in two parts.
  Storage(Precision precision, bool is_cpu, int64_t depth, int64_t channels) : precision(precision) {
    const bool is_rounded = precision != Precision::full;
    const int64_t multiple = is_rounded ? rounded_alignment : alignment;
    width = rounded_up(depth, multiple);
    value_width = rounded_up(is_rounded ? 2 * channels : channels, multiple);
    // One width for all is what the CPU and 16 bits require.
    if (is_cpu || is_rounded) width = value_width = std::max(width, value_width);
  }

  Tensor factor(const std::vector<Tensor> &numbers) const { return rows(numbers, width); }

  /// Values, or a result.
  Tensor value(const Tensor &numbers) const { return rows(parts(numbers, precision, 2), value_width); }

  /// A factor of both parts of values.
  Tensor cotangent(const Tensor &numbers) const {
    std::vector<Tensor> both(precision == Precision::full ? 1 : 2, numbers);
    return rows(both, value_width);
  }

  /// The sum of both parts of a result.
  Tensor result(const Tensor &rows, int64_t channels) const {
    Tensor first = columns(rows, 0, channels);
    return precision == Precision::full ? first : first + columns(rows, channels, 2 * channels);
  }

  /// Columns of `[N, 1, L, width]` as float32 `[N, columns, L]`.
  static Tensor columns(const Tensor &rows, int64_t first, int64_t end) {
    Tensor found = rows.squeeze(1).slice(-1, first, end).transpose(1, 2);
    return found.scalar_type() == at::kDouble ? found : found.to(at::kFloat);
  }

 private:
  /// `[N, K, L]` of all numbers to `[N, 1, L, width]`, padded with zeros.
  Tensor rows(const std::vector<Tensor> &numbers, int64_t width) const {
    Tensor joined = at::cat(numbers, 1);
    if (precision != Precision::full) joined = joined.to(type_of(precision));
    Tensor padded = at::constant_pad_nd(joined, {0, 0, 0, width - joined.size(1)});
    return padded.transpose(1, 2).contiguous().unsqueeze(1);
  }
};

/// One attention of `[N, 1, L, ...]`.
struct Attention {
  Storage storage;
  Source source;
  Tensor query, key, value;

  /// The result and the log-sum-exp `[N, L]`.
  std::tuple<Tensor, Tensor> forward() const {
    if (query.is_cpu()) {
      auto [out, log_sum] = at::_scaled_dot_product_flash_attention_for_cpu(query, key, value, 0, false, {}, 1.0);
      return {out, log_sum.squeeze(1)};
    }
    if (source == Source::cudnn) {
      auto results = at::_scaled_dot_product_cudnn_attention(query, key, value, {}, true, 0, false, false, 1.0);
      return {std::get<0>(results), std::get<1>(results).reshape({query.size(0), query.size(2)})};
    }
    if (storage.precision != Precision::full) {
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
    if (source == Source::cudnn) {
      Tensor unused = at::empty({}, query.options().dtype(at::kLong)),
             columns = log_sum.contiguous().view({-1, 1, length, 1});
      return at::_scaled_dot_product_cudnn_attention_backward(
          cotangent, query, key, value, out, columns, unused, unused, Tensor(), Tensor(), Tensor(), length, length, 0,
          false, 1.0);
    }
    Tensor unused = at::empty({}, at::TensorOptions().dtype(at::kLong));
    if (storage.precision != Precision::full)
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

/// Numbers per position of `near`: those of the feature, the products of positions, and exponents.
int64_t depth_with_distances(const AggregationShape &shape, Precision precision) {
  return shape.depth + (precision == Precision::full ? 3 : 9);
}

/// Attention with the distances.
Attention near(const AggregationShape &shape, Precision precision, Source source, const Tensor &f, const Tensor &v) {
  Tensor p = positions(shape, f.options()).expand({shape.images, -1, -1}), exponent = exponents(p);
  Storage storage(precision, f.is_cpu(), depth_with_distances(shape, precision), shape.channels);
  const std::vector<Tensor> position_parts = parts(p, precision, 2);
  std::vector<Tensor> query{f}, key{f};
  // Of two parts each, the product of both second ones is left out: 2^-16 of the whole, or less.
  for (size_t i = 0; i < position_parts.size(); ++i) {
    for (size_t j = 0; i + j < position_parts.size(); ++j) {
      query.push_back(position_parts[i]);
      key.push_back(position_parts[j]);
    }
  }
  for (const Tensor &part : parts(-exponent, precision, 3)) {
    query.push_back(at::ones_like(part));
    key.push_back(part);
  }
  return {storage, source, storage.factor(query), storage.factor(key), storage.value(v)};
}

/// Attention without them, of no values.
Attention whole(const AggregationShape &shape, Precision precision, Source source, const Tensor &f) {
  Storage storage(precision, f.is_cpu(), shape.depth, 1);
  Tensor none = at::zeros({shape.images, 1, shape.positions()}, f.options()), factor = storage.factor({f});
  return {storage, source, factor, factor, storage.value(none)};
}

/// A power of 2 that brings the largest of these numbers to between half of `limit` and `limit`; 1 where nothing is rounded.
Tensor scale_to(double limit, Precision precision, const Tensor &numbers) {
  if (precision == Precision::full) return at::ones({}, numbers.options());
  constexpr double smallest = 1e-30;
  return (limit / numbers.abs().max().clamp_min(smallest)).log2().floor().exp2();
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

bool can_round(const AggregationShape &shape, const Tensor &feature) {
  const Storage storage(Precision::bfloat16, false, depth_with_distances(shape, Precision::bfloat16), shape.channels);
  return storage.width <= widest_rounded && feature.is_cuda() && has_sixteen_bits(feature.device());
}

template <Precision precision, Source source>
std::tuple<Tensor, Tensor, Tensor> fused(const AggregationShape &shape, const Tensor &feature, const Tensor &value) {
  Tensor f = feature.flatten(2);
  Tensor scale = scale_to(largest_value, precision, value);
  Attention attention = near(shape, precision, source, f, value.flatten(2) * scale);
  auto [attended, log_sum] = attention.forward();
  Tensor whole_log_sum = std::get<1>(whole(shape, precision, source, f).forward());
  log_sum = log_sum - exponents(positions(shape, f.options())).squeeze(1);
  Tensor out = attention.storage.result(attended, shape.channels) * kept_share(log_sum, whole_log_sum) / scale;
  return {out.contiguous().view_as(value), log_sum, whole_log_sum.contiguous()};
}

template <Precision precision, Source source>
std::tuple<Tensor, Tensor> fused_backward(
    const AggregationShape &shape, const Tensor &feature, const Tensor &value, const Tensor &out, const Tensor &log_sum,
    const Tensor &whole_log_sum, const Tensor &cotangent) {
  Tensor value_scale = scale_to(largest_value, precision, value);
  Tensor cotangent_scale = scale_to(largest_cotangent, precision, cotangent);
  Tensor f = feature.flatten(2), v = value.flatten(2) * value_scale, o = out.flatten(2) * value_scale;
  Tensor d = cotangent.flatten(2) * cotangent_scale;
  Tensor share = kept_share(log_sum, whole_log_sum);
  auto of_feature = [&](const Tensor &rows) { return Storage::columns(rows, 0, shape.depth); };

  Attention attention = near(shape, precision, source, f, v);
  auto [query, key, values] = attention.backward(
      attention.storage.cotangent(d * share), attention.storage.value(o),
      log_sum + exponents(positions(shape, f.options())).squeeze(1));
  Tensor feature_gradient = of_feature(query) + of_feature(key);
  Tensor value_gradient = Storage::columns(values, 0, shape.channels) / cotangent_scale;

  // With values of 0 the gradient of scores is only the term subtracted for each target: 1 times the only number of
  // `reduced`.
  Attention everywhere = whole(shape, precision, source, f);
  Tensor reduced = (1 - share) * (d * o).sum(1, true);
  auto [whole_query, whole_key, unused] = everywhere.backward(
      everywhere.storage.cotangent(at::ones_like(reduced)), everywhere.storage.value(reduced), whole_log_sum);
  feature_gradient = feature_gradient + of_feature(whole_query) + of_feature(whole_key);
  feature_gradient = feature_gradient / cotangent_scale / value_scale;
  return {feature_gradient.contiguous().view_as(feature), value_gradient.contiguous().view_as(value)};
}

#define INSTANTIATE(precision, source)                                                                          \
  template std::tuple<Tensor, Tensor, Tensor> fused<precision, source>(                                         \
      const AggregationShape &, const Tensor &, const Tensor &);                                                \
  template std::tuple<Tensor, Tensor> fused_backward<precision, source>(                                        \
      const AggregationShape &, const Tensor &, const Tensor &, const Tensor &, const Tensor &, const Tensor &, \
      const Tensor &);
INSTANTIATE(Precision::full, Source::libtorch)
INSTANTIATE(Precision::bfloat16, Source::libtorch)
INSTANTIATE(Precision::float16, Source::libtorch)
INSTANTIATE(Precision::bfloat16, Source::cudnn)
INSTANTIATE(Precision::float16, Source::cudnn)
#undef INSTANTIATE

}  // namespace blpseg
