// The backward pass of local aggregation, from the result, the peaks and the denominators alone.
#include "AggregationTiles.h"
#include "VectorMath.h"

namespace blpseg {
namespace {

/// Per target: the terms that turn a score into a weight and into its gradient.
template <typename Real>
struct TargetTerms {
  const Real *peak, *inverse_denominator, *delta;
  TargetTerms at(int64_t position) const { return {peak + position, inverse_denominator + position, delta + position}; }
};

/// `pair_gradients` for one kind of pairs of tiles.
template <TilePairKind kind, typename Real>
BLPSEG_INLINE void pair_gradients_of_kind(
    PairTables<Real> &pairs, const DistanceTable<Real> &distances, const TargetTerms<Real> &own,
    const TargetTerms<Real> &other, Range owns, Range others) {
  constexpr Real outside = outside_share;
  Real *weights = pairs.weights.data();
  const Real *peak = own.peak, *inverse = own.inverse_denominator, *delta = own.delta;
  for (int64_t y = 0; y < others.count; y++) {
    Real *score = pairs.scores.data() + y * tile;
    Real *as_source = pairs.as_source.data() + y * tile;
    Real *as_target = pairs.as_target.data() + y * tile;
    if constexpr (kind != TilePairKind::far) copy_weights(distances, others.first + y, owns.first, owns.count, weights);
    Real other_peak = other.peak[y], other_inverse = other.inverse_denominator[y], other_delta = other.delta[y];
    for (int64_t x = 0; x < owns.count; x++) {
      Real in_other = exponential(score[x] - other_peak) * other_inverse;
      Real in_own = exponential(score[x] - peak[x]) * inverse[x];
      if constexpr (kind == TilePairKind::far) {
        score[x] = -outside * (in_other * other_delta + in_own * delta[x]);
      } else {
        Real g = weights[x];
        score[x] = in_other * (g * (as_source[x] - other_delta) - outside * other_delta)
                   + in_own * (g * (as_target[x] - delta[x]) - outside * delta[x]);
        as_source[x] = in_other * g;
        as_target[x] = in_own * g;
      }
    }
  }
}

template <typename Real>
BLPSEG_INLINE void pair_gradients_inline(
    PairTables<Real> &pairs, const DistanceTable<Real> &distances, const TargetTerms<Real> &own,
    const TargetTerms<Real> &other, Range owns, Range others, TilePairKind kind) {
  if (kind == TilePairKind::far)
    pair_gradients_of_kind<TilePairKind::far>(pairs, distances, own, other, owns, others);
  else
    pair_gradients_of_kind<TilePairKind::near>(pairs, distances, own, other, owns, others);
}

/// Turns scores into d loss / d s_xy, of both directions of every pair at once, since s_xy = s_yx. `as_source` holds
/// v_x . cotangent_y before and the weights of x in y afterwards, `as_target` holds cotangent_x . v_y before and the
/// weights of y in x afterwards; neither is used for pairs that are far.
template <typename Real>
constexpr auto pair_gradients = for_instruction_set<pair_gradients_inline<Real>>;

}  // namespace

template <typename Real>
void aggregate_backward(
    const Backend &backend, const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature,
    const Real *value, const Real *out, const Real *peak, const Real *denominator, const Real *cotangent,
    Real *feature_gradient, Real *value_gradient) {
  const int64_t positions = shape.positions(), channels = shape.channels, depth = shape.depth;
  std::vector<Real> inverse(shape.images * positions), delta(shape.images * positions, Real(0));
  for (int64_t image = 0; image < shape.images; image++) {
    for (int64_t b = 0; b < positions; b++) inverse[image * positions + b] = 1 / denominator[image * positions + b];
    for (int64_t c = 0; c < channels; c++) {
      int64_t plane = (image * channels + c) * positions;
      for (int64_t b = 0; b < positions; b++) delta[image * positions + b] += cotangent[plane + b] * out[plane + b];
    }
  }
  std::fill(feature_gradient, feature_gradient + shape.images * depth * positions, Real(0));
  std::fill(value_gradient, value_gradient + shape.images * channels * positions, Real(0));

  for_each_tile_pair<Real>(backend, shape, [&](PairTables<Real> &pairs, int64_t image, Range own, Range other) {
    const Real *f = feature + image * depth * positions;
    const Real *v = value + image * channels * positions;
    const Real *d = cotangent + image * channels * positions;
    Real *df = feature_gradient + image * depth * positions;
    Real *dv = value_gradient + image * channels * positions;
    TargetTerms<Real> terms = TargetTerms<Real>{peak, inverse.data(), delta.data()}.at(image * positions);
    auto products = [&](int64_t k, const Real *a, const Real *b, std::vector<Real> &result) {
      times_transposed(
          backend, own.count, other.count, k, a + own.first, positions, b + other.first, positions, result.data(),
          tile);
    };
    auto significance = [&](Range range) {
      return *std::max_element(
          terms.inverse_denominator + range.first, terms.inverse_denominator + range.first + range.count);
    };
    products(depth, f, f, pairs.scores);
    Real nearest = nearest_peak(backend, pairs, terms.peak, own, other);
    TilePairKind kind =
        tile_pair_kind(shape, distances, own, other, nearest, std::max(significance(own), significance(other)));
    if (kind == TilePairKind::negligible) return;
    if (kind != TilePairKind::far) {
      products(channels, v, d, pairs.as_source);
      products(channels, d, v, pairs.as_target);
    }
    pair_gradients<Real>(
        backend.instruction_set(), pairs, distances, terms.at(own.first), terms.at(other.first), own, other, kind);
    auto to_own = [&](int64_t k, const std::vector<Real> &weights, const Real *from, Real *to) {
      add_product(
          backend, own.count, k, other.count, weights.data(), tile, from + other.first, positions, to + own.first,
          positions);
    };
    auto to_other = [&](int64_t k, const std::vector<Real> &weights, const Real *from, Real *to) {
      add_transposed_product(
          backend, other.count, k, own.count, weights.data(), tile, from + own.first, positions, to + other.first,
          positions);
    };
    to_own(depth, pairs.scores, f, df);
    if (kind != TilePairKind::far) to_own(channels, pairs.as_source, d, dv);
    // The table of a tile with itself holds both directions of its pairs.
    if (kind == TilePairKind::same) return;
    to_other(depth, pairs.scores, f, df);
    if (kind != TilePairKind::far) to_other(channels, pairs.as_target, d, dv);
  });
}

template void aggregate_backward(
    const Backend &, const AggregationShape &, const DistanceTable<float> &, const float *, const float *,
    const float *, const float *, const float *, const float *, float *, float *);
template void aggregate_backward(
    const Backend &, const AggregationShape &, const DistanceTable<double> &, const double *, const double *,
    const double *, const double *, const double *, const double *, double *, double *);

}  // namespace blpseg
