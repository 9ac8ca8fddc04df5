// The forward pass of local aggregation: per target a running peak and running sums of e^(score - peak).
#include "AggregationTiles.h"
#include "VectorMath.h"

namespace blpseg {
namespace {

/// Running sums over the sources seen so far, per target.
template <typename Real>
struct TargetSums {
  /// The largest score, and the sums of e^(score - peak) with and without the distance weight.
  Real *peak, *near, *all;
  /// Sums of weights times values, `[channels][positions]`.
  Real *numerator;
  TargetSums at(int64_t position) const {
    return {peak + position, near + position, all + position, numerator + position};
  }
};

/// Raises the peaks to `highest`, which becomes the factors by which the sums shrink; returns whether any peak was
/// raised.
template <typename Real>
BLPSEG_INLINE bool raise_peaks(const TargetSums<Real> &sums, Real *highest, int64_t count) {
  bool raised = false;
  for (int64_t i = 0; i < count; i++) {
    raised |= highest[i] > sums.peak[i];
    Real peak = std::max(sums.peak[i], highest[i]);
    highest[i] = exponential(sums.peak[i] - peak);
    sums.peak[i] = peak;
    sums.near[i] *= highest[i];
    sums.all[i] *= highest[i];
  }
  return raised;
}

/// `weigh_pairs` for one kind of pairs of tiles.
template <TilePairKind kind, typename Real>
BLPSEG_INLINE void weigh_pairs_of_kind(
    PairTables<Real> &pairs, const DistanceTable<Real> &distances, const TargetSums<Real> &own,
    const TargetSums<Real> &other, Range owns, Range others) {
  // Sums along a row in any order.
#pragma clang fp reassociate(on)
  Real *weights = pairs.weights.data();
  for (int64_t y = 0; y < others.count; y++) {
    const Real *score = pairs.scores.data() + y * tile;
    Real *as_source = pairs.as_source.data() + y * tile;
    Real *as_target = pairs.as_target.data() + y * tile;
    if constexpr (kind != TilePairKind::far) copy_weights(distances, others.first + y, owns.first, owns.count, weights);
    Real other_peak = other.peak[y], all = 0, near = 0;
    for (int64_t x = 0; x < owns.count; x++) {
      Real in_own = exponential(score[x] - own.peak[x]);
      own.all[x] += in_own;
      if constexpr (kind != TilePairKind::far) {
        as_target[x] = in_own * weights[x];
        own.near[x] += as_target[x];
      }
      if constexpr (kind != TilePairKind::same) {
        Real in_other = exponential(score[x] - other_peak);
        all += in_other;
        if constexpr (kind != TilePairKind::far) {
          as_source[x] = in_other * weights[x];
          near += as_source[x];
        }
      }
    }
    if constexpr (kind != TilePairKind::same) {
      other.all[y] += all;
      other.near[y] += near;
    }
  }
}

template <typename Real>
BLPSEG_INLINE void weigh_pairs_inline(
    PairTables<Real> &pairs, const DistanceTable<Real> &distances, const TargetSums<Real> &own,
    const TargetSums<Real> &other, Range owns, Range others, TilePairKind kind) {
  switch (kind) {
    case TilePairKind::same: return weigh_pairs_of_kind<TilePairKind::same>(pairs, distances, own, other, owns, others);
    case TilePairKind::near: return weigh_pairs_of_kind<TilePairKind::near>(pairs, distances, own, other, owns, others);
    case TilePairKind::far: return weigh_pairs_of_kind<TilePairKind::far>(pairs, distances, own, other, owns, others);
    case TilePairKind::negligible: return;
  }
}

/// Turns scores into weights and adds these to the sums; `as_source` becomes the weights of x in y, `as_target` those
/// of y in x.
template <typename Real>
constexpr auto weigh_pairs = for_instruction_set<weigh_pairs_inline<Real>>;

}  // namespace

template <typename Real>
void aggregate(
    const Backend &backend, const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature,
    const Real *value, Real *out, Real *peak, Real *denominator) {
  const int64_t positions = shape.positions(), channels = shape.channels, count = shape.images * positions;
  // Sums are accumulated in the output.
  std::vector<Real> all(count, Real(0)), own_score(count);
  std::fill(peak, peak + count, -std::numeric_limits<Real>::infinity());
  std::fill(denominator, denominator + count, Real(0));
  std::fill(out, out + channels * count, Real(0));

  for_each_tile_pair<Real>(backend, shape, [&](PairTables<Real> &pairs, int64_t image, Range own, Range other) {
    const Real *f = feature + image * shape.depth * positions;
    const Real *v = value + image * channels * positions;
    const int64_t start = image * positions;
    TargetSums<Real> sums{peak + start, denominator + start, all.data() + start, out + channels * start};
    auto raise = [&](Range range, std::vector<Real> &highest) {
      TargetSums<Real> targets = sums.at(range.first);
      if (!raise_peaks(targets, highest.data(), range.count)) return;
      for (int64_t c = 0; c < channels; c++)
        for (int64_t b = 0; b < range.count; b++) targets.numerator[c * positions + b] *= highest[b];
    };
    // Every sum holds its target's own weight, whose distance weight is 1.
    auto significance = [&](Range range) {
      Real gap = 0;
      for (int64_t b = range.first; b < range.first + range.count; b++)
        gap = std::max(gap, peak[start + b] - own_score[start + b]);
      return std::exp(gap);
    };
    times_transposed(
        backend, own.count, other.count, shape.depth, f + own.first, positions, f + other.first, positions,
        pairs.scores.data(), tile);
    if (own.first == other.first)
      for (int64_t b = 0; b < own.count; b++) own_score[start + own.first + b] = pairs.scores[b * tile + b];
    Real nearest = nearest_peak(backend, pairs, sums.peak, own, other);
    raise(own, pairs.own);
    if (own.first != other.first) raise(other, pairs.other);
    TilePairKind kind =
        tile_pair_kind(shape, distances, own, other, nearest, std::max(significance(own), significance(other)));
    if (kind == TilePairKind::negligible) return;
    weigh_pairs<Real>(
        backend.instruction_set(), pairs, distances, sums.at(own.first), sums.at(other.first), own, other, kind);
    if (kind == TilePairKind::far) return;
    add_product(
        backend, own.count, channels, other.count, pairs.as_target.data(), tile, v + other.first, positions,
        sums.numerator + own.first, positions);
    if (kind == TilePairKind::same) return;
    add_transposed_product(
        backend, other.count, channels, own.count, pairs.as_source.data(), tile, v + own.first, positions,
        sums.numerator + other.first, positions);
  });

  for (int64_t i = 0; i < count; i++) denominator[i] += Real(outside_share) * all[i];
  in_parallel(backend, shape.images * channels, [&](int64_t plane) {
    for (int64_t b = 0; b < positions; b++) out[plane * positions + b] /= denominator[plane / channels * positions + b];
  });
}

template void aggregate(
    const Backend &, const AggregationShape &, const DistanceTable<float> &, const float *, const float *, float *,
    float *, float *);
template void aggregate(
    const Backend &, const AggregationShape &, const DistanceTable<double> &, const double *, const double *, double *,
    double *, double *);

}  // namespace blpseg
