#include "LocalAggregationKernel.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include <ATen/Context.h>

#include "Parallel.h"

// The matrix products of the BLAS that LibTorch carries, in the Fortran interface that every BLAS has.
extern "C" {
void sgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
    const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
void dgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
    const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc);
}

// The loops over pairs are compiled for several instruction sets; the loader picks one.
#if defined(__x86_64__) && defined(__linux__)
#define BLPSEG_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BLPSEG_CLONES
#endif
#define BLPSEG_INLINE inline __attribute__((always_inline))

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

inline void gemm(
    char transa, char transb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta,
    float *c, int ldc) {
  const float one = 1;
  sgemm_(&transa, &transb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}

inline void gemm(
    char transa, char transb, int m, int n, int k, const double *a, int lda, const double *b, int ldb, double beta,
    double *c, int ldc) {
  const double one = 1;
  dgemm_(&transa, &transb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}

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

/// Scratch of one pair of tiles in the forward pass: scores `[others][own]`, the same turned round, and rows.
template <typename Real>
struct ScoreTile {
  ScoreTile() : scores(tile * tile), turned(tile * tile), rescale(tile), weights(tile) {}
  std::vector<Real> scores, turned, rescale, weights;
};

/// Raises the peaks to the scores `[sources][targets]`, turns scores into weights and adds them to the sums.
template <typename Real>
BLPSEG_INLINE void weigh_sources_inline(
    const TargetSums<Real> &sums, Real *scores, Real *rescale, Real *weights, const DistanceTable<Real> &distances,
    int64_t first_source, int64_t sources, int64_t first_target, int64_t targets) {
  Real *peak = sums.peak, *near = sums.near, *all = sums.all;
  for (int64_t b = 0; b < targets; b++) rescale[b] = peak[b];
  for (int64_t a = 0; a < sources; a++) {
    const Real *score = scores + a * tile;
    for (int64_t b = 0; b < targets; b++) peak[b] = std::max(peak[b], score[b]);
  }
  for (int64_t b = 0; b < targets; b++) {
    rescale[b] = exponential(rescale[b] - peak[b]);
    near[b] *= rescale[b];
    all[b] *= rescale[b];
  }
  for (int64_t a = 0; a < sources; a++) {
    Real *score = scores + a * tile;
    copy_weights(distances, first_source + a, first_target, targets, weights);
    for (int64_t b = 0; b < targets; b++) {
      Real e = exponential(score[b] - peak[b]);
      Real p = e * weights[b];
      all[b] += e;
      near[b] += p;
      score[b] = p;
    }
  }
}

BLPSEG_CLONES void weigh_sources(
    const TargetSums<float> &sums, float *scores, float *rescale, float *weights,
    const DistanceTable<float> &distances, int64_t first_source, int64_t sources, int64_t first_target,
    int64_t targets) {
  weigh_sources_inline(sums, scores, rescale, weights, distances, first_source, sources, first_target, targets);
}

BLPSEG_CLONES void weigh_sources(
    const TargetSums<double> &sums, double *scores, double *rescale, double *weights,
    const DistanceTable<double> &distances, int64_t first_source, int64_t sources, int64_t first_target,
    int64_t targets) {
  weigh_sources_inline(sums, scores, rescale, weights, distances, first_source, sources, first_target, targets);
}

/// result[x][y] = matrix[y][x], in blocks that stay in the nearest cache.
template <typename Real>
void turn_round(const Real *matrix, int64_t rows, int64_t columns, Real *result) {
  constexpr int64_t block = 16;
  for (int64_t first_row = 0; first_row < rows; first_row += block)
    for (int64_t first_column = 0; first_column < columns; first_column += block)
      for (int64_t x = first_column; x < std::min(first_column + block, columns); x++)
        for (int64_t y = first_row; y < std::min(first_row + block, rows); y++)
          result[x * tile + y] = matrix[y * tile + x];
}

/// Per target: what turns a score into a weight and a weight's gradient.
template <typename Real>
struct TargetTerms {
  const Real *peak, *inverse_denominator, *delta;
  TargetTerms at(int64_t position) const {
    return {peak + position, inverse_denominator + position, delta + position};
  }
};

/// Scratch of one tile of pairs in the backward pass, each `[others][own]`.
template <typename Real>
struct PairTile {
  PairTile() : weights(tile), scores(tile * tile), as_source(tile * tile), as_target(tile * tile) {}
  /// `scores` become d loss / d s_xy; `as_source` holds v_x . cotangent_y and becomes the weight of x in y; `as_target`
  /// holds cotangent_x . v_y and becomes the weight of y in x.
  std::vector<Real> weights, scores, as_source, as_target;
};

/// For own positions x and others y: both directions of every pair at once, since s_xy = s_yx.
template <typename Real>
BLPSEG_INLINE void pair_gradients_inline(
    PairTile<Real> &pairs, const DistanceTable<Real> &distances, const TargetTerms<Real> &own,
    const TargetTerms<Real> &other, int64_t first_own, int64_t own_count, int64_t first_other, int64_t other_count) {
  Real *weights = pairs.weights.data();
  const Real *peak = own.peak, *inverse = own.inverse_denominator, *delta = own.delta;
  for (int64_t y = 0; y < other_count; y++) {
    Real *score = pairs.scores.data() + y * tile;
    Real *as_source = pairs.as_source.data() + y * tile;
    Real *as_target = pairs.as_target.data() + y * tile;
    copy_weights(distances, first_other + y, first_own, own_count, weights);
    Real other_peak = other.peak[y], other_inverse = other.inverse_denominator[y], other_delta = other.delta[y];
    for (int64_t x = 0; x < own_count; x++) {
      Real g = weights[x];
      Real in_other = exponential(score[x] - other_peak) * other_inverse;
      Real in_own = exponential(score[x] - peak[x]) * inverse[x];
      score[x] = in_other * (g * (as_source[x] - other_delta) - Real(outside_share) * other_delta) +
          in_own * (g * (as_target[x] - delta[x]) - Real(outside_share) * delta[x]);
      as_source[x] = in_other * g;
      as_target[x] = in_own * g;
    }
  }
}

BLPSEG_CLONES void pair_gradients(
    PairTile<float> &pairs, const DistanceTable<float> &distances, const TargetTerms<float> &own,
    const TargetTerms<float> &other, int64_t first_own, int64_t own_count, int64_t first_other, int64_t other_count) {
  pair_gradients_inline(pairs, distances, own, other, first_own, own_count, first_other, other_count);
}

BLPSEG_CLONES void pair_gradients(
    PairTile<double> &pairs, const DistanceTable<double> &distances, const TargetTerms<double> &own,
    const TargetTerms<double> &other, int64_t first_own, int64_t own_count, int64_t first_other, int64_t other_count) {
  pair_gradients_inline(pairs, distances, own, other, first_own, own_count, first_other, other_count);
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

/// Some positions in a row of one image.
struct Range {
  int64_t first, count;
};

/// Calls `body(scratch, image, own, other)` once for every pair of tiles of every image, a tile with itself included.
///
/// Scores are symmetric, so that a pair serves both of its tiles. Pairs come in rounds, as games in a tournament: in a round
/// no tile plays twice, so that threads share nothing, and every tile meets the others in an order that does not
/// depend on the number of threads.
template <typename Scratch, typename Body>
void for_each_pair(const AggregationShape &shape, Body body) {
  const int64_t positions = shape.positions(), tiles = (positions + tile - 1) / tile;
  // An even number of players; the last one may be missing.
  const int64_t players = tiles + tiles % 2, games = players / 2;
  auto range = [&](int64_t player) { return Range{player * tile, std::min(tile, positions - player * tile)}; };
  std::vector<Scratch> scratch(at::get_num_threads());
  auto play = [&](int64_t count, auto pair_of) {
    // Whoever is done takes the next pair: threads seldom run at one speed.
    std::atomic<int64_t> next{0};
    in_parallel(scratch.size(), [&](int64_t thread) {
      FlushingDenormals flushing;
      for (int64_t i = next++; i < shape.images * count; i = next++) {
        auto [own, other] = pair_of(i % count);
        if (own < tiles && other < tiles) body(scratch[thread], i / count, range(own), range(other));
      }
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
  std::vector<Real> all(count, Real(0));
  std::fill(peak, peak + count, -std::numeric_limits<Real>::infinity());
  std::fill(denominator, denominator + count, Real(0));
  std::fill(out, out + channels * count, Real(0));

  for_each_pair<ScoreTile<Real>>(shape, [&](ScoreTile<Real> &pair, int64_t image, Range own, Range other) {
    const Real *f = feature + image * shape.depth * positions;
    const Real *v = value + image * channels * positions;
    const int64_t start = image * positions;
    TargetSums<Real> image_sums{peak + start, denominator + start, all.data() + start, out + channels * start};
    auto add_sources = [&](Real *scores, Range sources, Range targets) {
      TargetSums<Real> sums = image_sums.at(targets.first);
      weigh_sources(
          sums, scores, pair.rescale.data(), pair.weights.data(), distances, sources.first, sources.count,
          targets.first, targets.count);
      for (int64_t c = 0; c < channels; c++)
        for (int64_t b = 0; b < targets.count; b++) sums.numerator[c * positions + b] *= pair.rescale[b];
      add_product(
          targets.count, channels, sources.count, scores, tile, v + sources.first, positions, sums.numerator,
          positions);
    };
    times_transposed(
        own.count, other.count, shape.depth, f + own.first, positions, f + other.first, positions, pair.scores.data(),
        tile);
    if (own.first != other.first) {
      turn_round(pair.scores.data(), other.count, own.count, pair.turned.data());
      add_sources(pair.turned.data(), own, other);
    }
    add_sources(pair.scores.data(), other, own);
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

  for_each_pair<PairTile<Real>>(shape, [&](PairTile<Real> &pairs, int64_t image, Range own, Range other) {
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
    products(depth, f, f, pairs.scores);
    products(channels, v, d, pairs.as_source);
    products(channels, d, v, pairs.as_target);
    pair_gradients(
        pairs, distances, terms.at(own.first), terms.at(other.first), own.first, own.count, other.first, other.count);
    auto to_own = [&](int64_t k, const std::vector<Real> &weights, const Real *from, Real *to) {
      add_product(
          own.count, k, other.count, weights.data(), tile, from + other.first, positions, to + own.first, positions);
    };
    auto to_other = [&](int64_t k, const std::vector<Real> &weights, const Real *from, Real *to) {
      add_transposed_product(
          other.count, k, own.count, weights.data(), tile, from + own.first, positions, to + other.first, positions);
    };
    to_own(depth, pairs.scores, f, df);
    to_own(channels, pairs.as_source, d, dv);
    // A tile that meets itself has both directions of its pairs already.
    if (own.first == other.first) return;
    to_other(depth, pairs.scores, f, df);
    to_other(channels, pairs.as_target, d, dv);
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
