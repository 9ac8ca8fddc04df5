#include "LocalAggregationKernel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include <ATen/Context.h>

#include "InstructionSets.h"
#include "MatrixProduct.h"
#include "Parallel.h"

namespace blpseg {
namespace {

constexpr double outside_share = 1e-7;
/// Positions on each side of a tile: its scores, `tile * tile` numbers, stay in the second-level cache.
constexpr int64_t tile = 256;

/// e^x for x <= 88 within 2 ulp, without branches, so that loops over it vectorise; 0 below -87.
BLPSEG_INLINE float exponential(float x) {
  constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  float clamped = x < -87.0f ? -87.0f : x;
  float n = (clamped * 1.44269504f + round) - round;
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  // Taylor terms up to r^7 / 7!; |r| <= ln 2 / 2.
  float y = 1.0f / 5040;
  y = y * r + 1.0f / 720;
  y = y * r + 1.0f / 120;
  y = y * r + 1.0f / 24;
  y = y * r + 1.0f / 6;
  y = y * r + 0.5f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return x < -87.0f ? 0.0f : y * power;
}

BLPSEG_INLINE double exponential(double x) { return std::exp(x); }

/// Distance weights between one position and `count` positions from `first` on.
template <typename Real>
BLPSEG_INLINE void copy_weights(
    const DistanceTable<Real> &distances, int64_t position, int64_t first, int64_t count, Real *result) {
  const int64_t width = distances.width, row = position / width, column = position % width;
  for (int64_t at = first; at < first + count;) {
    int64_t other_row = at / width, other_column = at % width;
    int64_t run = std::min(width - other_column, first + count - at);
    memcpy(result + at - first, distances.from(other_row - row, other_column - column), run * sizeof(Real));
    at += run;
  }
}

// Matrices are column major: planar tensors `[depth, positions]` are `positions x depth` as they lie.

/// c (m x n) = a (m x k) * b (n x k)^T
template <typename Real>
void times_transposed(
    int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb, Real *c, int64_t ldc) {
  gemm('N', 'T', m, n, k, a, lda, b, ldb, Real(0), c, ldc);
}

/// c (m x n) += a (m x k) * b (k x n)
template <typename Real>
void add_product(
    int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb, Real *c, int64_t ldc) {
  gemm('N', 'N', m, n, k, a, lda, b, ldb, Real(1), c, ldc);
}

/// c (m x n) += a (k x m)^T * b (k x n)
template <typename Real>
void add_transposed_product(
    int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb, Real *c, int64_t ldc) {
  gemm('T', 'N', m, n, k, a, lda, b, ldb, Real(1), c, ldc);
}

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

/// Some positions in a row of one image.
struct Range {
  int64_t first, count;
};

/// What two tiles, own positions x and others y, have to do with each other.
enum class Meeting {
  /// They are one tile, whose table of scores holds both directions of its pairs.
  itself,
  near,
  /// All distance weights are so small that only the sums without them change.
  far,
  /// All weights are so small that nothing changes.
  never,
};

/// Scratch of one pair of tiles; tables are `[others][own]`.
template <typename Real>
struct PairTile {
  PairTile()
      : weights(tile), scores(tile * tile), as_source(tile * tile), as_target(tile * tile), own(tile), other(tile) {}
  /// Distance weights between one of the others and all own positions.
  std::vector<Real> weights;
  /// Forward, `as_source` becomes the weight of x in y and `as_target` that of y in x. Backward, they hold v_x . cotangent_y
  /// and cotangent_x . v_y before, and `scores` become d loss / d s_xy.
  std::vector<Real> scores, as_source, as_target;
  /// Numbers per own and other position.
  std::vector<Real> own, other;
};

template <typename Real>
BLPSEG_INLINE void find_highest_scores_inline(PairTile<Real> &pairs, int64_t own_count, int64_t other_count) {
  const Real *scores = pairs.scores.data();
  Real *own = pairs.own.data(), *other = pairs.other.data();
  constexpr int64_t lanes = 16;
  constexpr Real none = -std::numeric_limits<Real>::infinity();
  std::fill(own, own + own_count, none);
  for (int64_t y = 0; y < other_count; y++) {
    const Real *score = scores + y * tile;
    Real highest[lanes];
    std::fill(highest, highest + lanes, none);
    int64_t x = 0;
    for (; x + lanes <= own_count; x += lanes)
      for (int64_t lane = 0; lane < lanes; lane++) {
        highest[lane] = std::max(highest[lane], score[x + lane]);
        own[x + lane] = std::max(own[x + lane], score[x + lane]);
      }
    for (; x < own_count; x++) {
      highest[0] = std::max(highest[0], score[x]);
      own[x] = std::max(own[x], score[x]);
    }
    other[y] = *std::max_element(highest, highest + lanes);
  }
}

/// The highest score of every position, in `pairs.own` per column and `pairs.other` per row.
template <typename Real>
constexpr auto find_highest_scores = in_widest_instructions<find_highest_scores_inline<Real>>;

/// Raises the peaks to `highest`, which become the factors by which that lowers the sums; whether any peak was raised.
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

/// `weigh_pairs` of tiles that meet so.
template <Meeting meeting, typename Real>
BLPSEG_INLINE void weigh_meeting(
    PairTile<Real> &pairs, const DistanceTable<Real> &distances, const TargetSums<Real> &own,
    const TargetSums<Real> &other, Range owns, Range others) {
  // Sums along a row in any order.
#pragma clang fp reassociate(on)
  Real *weights = pairs.weights.data();
  for (int64_t y = 0; y < others.count; y++) {
    const Real *score = pairs.scores.data() + y * tile;
    Real *as_source = pairs.as_source.data() + y * tile;
    Real *as_target = pairs.as_target.data() + y * tile;
    if (meeting != Meeting::far) copy_weights(distances, others.first + y, owns.first, owns.count, weights);
    Real other_peak = other.peak[y], all = 0, near = 0;
    for (int64_t x = 0; x < owns.count; x++) {
      Real in_own = exponential(score[x] - own.peak[x]);
      own.all[x] += in_own;
      if (meeting != Meeting::far) own.near[x] += as_target[x] = in_own * weights[x];
      if (meeting == Meeting::itself) continue;
      Real in_other = exponential(score[x] - other_peak);
      all += in_other;
      if (meeting != Meeting::far) near += as_source[x] = in_other * weights[x];
    }
    if (meeting == Meeting::itself) continue;
    other.all[y] += all;
    other.near[y] += near;
  }
}

template <typename Real>
BLPSEG_INLINE void weigh_pairs_inline(
    PairTile<Real> &pairs, const DistanceTable<Real> &distances, const TargetSums<Real> &own,
    const TargetSums<Real> &other, Range owns, Range others, Meeting meeting) {
  switch (meeting) {
    case Meeting::itself: return weigh_meeting<Meeting::itself>(pairs, distances, own, other, owns, others);
    case Meeting::near: return weigh_meeting<Meeting::near>(pairs, distances, own, other, owns, others);
    case Meeting::far: return weigh_meeting<Meeting::far>(pairs, distances, own, other, owns, others);
    case Meeting::never: return;
  }
}

/// Turns scores into weights and adds them to the sums.
template <typename Real>
constexpr auto weigh_pairs = in_widest_instructions<weigh_pairs_inline<Real>>;

/// Per target: what turns a score into a weight and a weight's gradient.
template <typename Real>
struct TargetTerms {
  const Real *peak, *inverse_denominator, *delta;
  TargetTerms at(int64_t position) const {
    return {peak + position, inverse_denominator + position, delta + position};
  }
};

/// `pair_gradients` of tiles that meet so.
template <Meeting meeting, typename Real>
BLPSEG_INLINE void meeting_gradients(
    PairTile<Real> &pairs, const DistanceTable<Real> &distances, const TargetTerms<Real> &own,
    const TargetTerms<Real> &other, Range owns, Range others) {
  constexpr Real outside = outside_share;
  Real *weights = pairs.weights.data();
  const Real *peak = own.peak, *inverse = own.inverse_denominator, *delta = own.delta;
  for (int64_t y = 0; y < others.count; y++) {
    Real *score = pairs.scores.data() + y * tile;
    Real *as_source = pairs.as_source.data() + y * tile;
    Real *as_target = pairs.as_target.data() + y * tile;
    if (meeting != Meeting::far) copy_weights(distances, others.first + y, owns.first, owns.count, weights);
    Real other_peak = other.peak[y], other_inverse = other.inverse_denominator[y], other_delta = other.delta[y];
    for (int64_t x = 0; x < owns.count; x++) {
      Real in_other = exponential(score[x] - other_peak) * other_inverse;
      Real in_own = exponential(score[x] - peak[x]) * inverse[x];
      if (meeting == Meeting::far) {
        score[x] = -outside * (in_other * other_delta + in_own * delta[x]);
        continue;
      }
      Real g = weights[x];
      score[x] = in_other * (g * (as_source[x] - other_delta) - outside * other_delta) +
          in_own * (g * (as_target[x] - delta[x]) - outside * delta[x]);
      as_source[x] = in_other * g;
      as_target[x] = in_own * g;
    }
  }
}

template <typename Real>
BLPSEG_INLINE void pair_gradients_inline(
    PairTile<Real> &pairs, const DistanceTable<Real> &distances, const TargetTerms<Real> &own,
    const TargetTerms<Real> &other, Range owns, Range others, Meeting meeting) {
  if (meeting == Meeting::far)
    meeting_gradients<Meeting::far>(pairs, distances, own, other, owns, others);
  else
    meeting_gradients<Meeting::near>(pairs, distances, own, other, owns, others);
}

/// Both directions of every pair at once, since s_xy = s_yx.
template <typename Real>
constexpr auto pair_gradients = in_widest_instructions<pair_gradients_inline<Real>>;

/// Finds the highest score of every position, in `pairs.own` and `pairs.other`, and how far it lies below the image's peaks
/// at least: 0 or less.
template <typename Real>
Real nearest_peak(PairTile<Real> &pairs, const Real *peak, Range own, Range other) {
  find_highest_scores<Real>(pairs, own.count, other.count);
  Real nearest = -std::numeric_limits<Real>::infinity();
  for (int64_t x = 0; x < own.count; x++) nearest = std::max(nearest, pairs.own[x] - peak[own.first + x]);
  for (int64_t y = 0; y < other.count; y++) nearest = std::max(nearest, pairs.other[y] - peak[other.first + y]);
  return std::min(nearest, Real(0));
}

/// How two tiles meet. No weight exceeds e^nearest before distances count, and the sum of all weights of a target is never
/// less than 1 / `significance`.
template <typename Real>
Meeting meeting(
    const AggregationShape &shape, const DistanceTable<Real> &distances, Range own, Range other, Real nearest,
    Real significance) {
  if (own.first == other.first) return Meeting::itself;
  // So little in sum that rounding of the sum hides it.
  const Real hidden = std::numeric_limits<Real>::epsilon() / 64 / Real(shape.positions());
  if (std::exp(nearest) * significance < hidden) return Meeting::never;
  auto first_row = [&](Range range) { return range.first / shape.width; };
  auto last_row = [&](Range range) { return (range.first + range.count - 1) / shape.width; };
  int64_t rows = std::max(first_row(own) - last_row(other), first_row(other) - last_row(own));
  Real largest = *distances.from(std::max<int64_t>(rows, 0), 0);
  return largest * significance < hidden ? Meeting::far : Meeting::near;
}

/// Numbers below the normal range count as 0 while it lives: most weights of far pairs are such numbers, they add
/// nothing to the sums, and arithmetic on them is a hundred times slower.
class FlushingDenormals {
 public:
  // The setting is one of the thread; LibTorch leaves it off.
  FlushingDenormals() { at::globalContext().setFlushDenormal(true); }
  ~FlushingDenormals() { at::globalContext().setFlushDenormal(false); }
  FlushingDenormals(const FlushingDenormals &) = delete;
  FlushingDenormals &operator=(const FlushingDenormals &) = delete;
};

/// Calls `body(scratch, image, own, other)` once for every pair of tiles of every image, a tile with itself included.
///
/// Scores are symmetric, so that a pair serves both of its tiles. Pairs come in rounds, as games in a tournament: in a round
/// no tile plays twice, so that threads share nothing, and every tile meets the others in an order that does not
/// depend on the number of threads.
template <typename Real, typename Body>
void for_each_pair(const AggregationShape &shape, Body body) {
  const int64_t positions = shape.positions(), tiles = (positions + tile - 1) / tile;
  // An even number of players; the last one may be missing.
  const int64_t players = tiles + tiles % 2, games = players / 2;
  auto range = [&](int64_t player) { return Range{player * tile, std::min(tile, positions - player * tile)}; };
  std::vector<PairTile<Real>> scratch(at::get_num_threads());
  auto play = [&](int64_t count, auto pair_of) {
    take_turns(shape.images * count, [&](int64_t thread, int64_t i) {
      FlushingDenormals flushing;
      auto [own, other] = pair_of(i % count);
      if (own < tiles && other < tiles) body(scratch[thread], i / count, range(own), range(other));
    });
  };
  play(tiles, [](int64_t game) { return std::pair(game, game); });
  for (int64_t round = 0; round < players - 1; round++) {
    play(games, [&](int64_t game) {
      const int64_t others = players - 1;
      return game == 0 ? std::pair(round, others)
                       : std::pair((round + game) % others, (round + others - game) % others);
    });
  }
}

}  // namespace

template <typename Real>
void aggregate(
    const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature, const Real *value,
    Real *out, Real *peak, Real *denominator) {
  const int64_t positions = shape.positions(), channels = shape.channels, count = shape.images * positions;
  // Sums are taken where the results will stand.
  std::vector<Real> all(count, Real(0)), own_score(count);
  std::fill(peak, peak + count, -std::numeric_limits<Real>::infinity());
  std::fill(denominator, denominator + count, Real(0));
  std::fill(out, out + channels * count, Real(0));

  for_each_pair<Real>(shape, [&](PairTile<Real> &pairs, int64_t image, Range own, Range other) {
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
        own.count, other.count, shape.depth, f + own.first, positions, f + other.first, positions,
        pairs.scores.data(), tile);
    if (own.first == other.first)
      for (int64_t b = 0; b < own.count; b++) own_score[start + own.first + b] = pairs.scores[b * tile + b];
    Real nearest = nearest_peak(pairs, sums.peak, own, other);
    raise(own, pairs.own);
    if (own.first != other.first) raise(other, pairs.other);
    Meeting kind =
        meeting(shape, distances, own, other, nearest, std::max(significance(own), significance(other)));
    if (kind == Meeting::never) return;
    weigh_pairs<Real>(pairs, distances, sums.at(own.first), sums.at(other.first), own, other, kind);
    if (kind == Meeting::far) return;
    add_product(
        own.count, channels, other.count, pairs.as_target.data(), tile, v + other.first, positions,
        sums.numerator + own.first, positions);
    if (kind == Meeting::itself) return;
    add_transposed_product(
        other.count, channels, own.count, pairs.as_source.data(), tile, v + own.first, positions,
        sums.numerator + other.first, positions);
  });

  for (int64_t i = 0; i < count; i++) denominator[i] += Real(outside_share) * all[i];
  in_parallel(shape.images * channels, [&](int64_t plane) {
    for (int64_t b = 0; b < positions; b++) out[plane * positions + b] /= denominator[plane / channels * positions + b];
  });
}

template <typename Real>
void aggregate_backward(
    const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature, const Real *value,
    const Real *out, const Real *peak, const Real *denominator, const Real *cotangent, Real *feature_gradient, Real *value_gradient) {
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

  for_each_pair<Real>(shape, [&](PairTile<Real> &pairs, int64_t image, Range own, Range other) {
    const Real *f = feature + image * depth * positions;
    const Real *v = value + image * channels * positions;
    const Real *d = cotangent + image * channels * positions;
    Real *df = feature_gradient + image * depth * positions;
    Real *dv = value_gradient + image * channels * positions;
    TargetTerms<Real> terms = TargetTerms<Real>{peak, inverse.data(), delta.data()}.at(image * positions);
    auto products = [&](int64_t k, const Real *a, const Real *b, std::vector<Real> &result) {
      times_transposed(
          own.count, other.count, k, a + own.first, positions, b + other.first, positions, result.data(), tile);
    };
    auto significance = [&](Range range) {
      return *std::max_element(
          terms.inverse_denominator + range.first, terms.inverse_denominator + range.first + range.count);
    };
    products(depth, f, f, pairs.scores);
    Real nearest = nearest_peak(pairs, terms.peak, own, other);
    Meeting kind =
        meeting(shape, distances, own, other, nearest, std::max(significance(own), significance(other)));
    if (kind == Meeting::never) return;
    if (kind != Meeting::far) {
      products(channels, v, d, pairs.as_source);
      products(channels, d, v, pairs.as_target);
    }
    pair_gradients<Real>(pairs, distances, terms.at(own.first), terms.at(other.first), own, other, kind);
    auto to_own = [&](int64_t k, const std::vector<Real> &weights, const Real *from, Real *to) {
      add_product(
          own.count, k, other.count, weights.data(), tile, from + other.first, positions, to + own.first, positions);
    };
    auto to_other = [&](int64_t k, const std::vector<Real> &weights, const Real *from, Real *to) {
      add_transposed_product(
          other.count, k, own.count, weights.data(), tile, from + own.first, positions, to + other.first, positions);
    };
    to_own(depth, pairs.scores, f, df);
    if (kind != Meeting::far) to_own(channels, pairs.as_source, d, dv);
    // A tile that meets itself has both directions of its pairs already.
    if (kind == Meeting::itself) return;
    to_other(depth, pairs.scores, f, df);
    if (kind != Meeting::far) to_other(channels, pairs.as_target, d, dv);
  });
}

#define BLPSEG_INSTANTIATE(Real)                                                                                     \
  template void aggregate(                                                                                           \
      const AggregationShape &, const DistanceTable<Real> &, const Real *, const Real *, Real *, Real *, Real *);    \
  template void aggregate_backward(                                                                                  \
      const AggregationShape &, const DistanceTable<Real> &, const Real *, const Real *, const Real *, const Real *, \
      const Real *, const Real *, Real *, Real *);

BLPSEG_INSTANTIATE(float)
BLPSEG_INSTANTIATE(double)

}  // namespace blpseg
