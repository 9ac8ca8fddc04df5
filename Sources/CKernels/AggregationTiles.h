// Pairs of tiles, their tables and their products, for the forward and the backward pass of local aggregation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "FlushingDenormals.h"
#include "InstructionSets.h"
#include "LocalAggregation.h"
#include "PairSchedule.h"
#include "Parallel.h"

namespace blpseg {

/// Positions on each side of a tile. A table of scores takes 256 KiB in float32: two or three fit into a second-level
/// cache of 1 or 2 MiB, and products of 256 columns run at the BLAS's full speed.
constexpr int64_t tile = 256;

/// Consecutive positions of one image.
struct Range {
  int64_t first, count;
};

/// How much of a pair of tiles, own positions x and others y, has to be computed.
enum class TilePairKind {
  /// A tile with itself, whose table of scores holds both directions of its pairs.
  same,
  near,
  /// All distance weights are so small that only the sums without them change.
  far,
  /// All weights are so small that no sum changes.
  negligible,
};

/// Scratch of one pair of tiles; tables are `[others][own]`.
template <typename Real>
struct PairTables {
  PairTables()
      : weights(tile), scores(tile * tile), as_source(tile * tile), as_target(tile * tile), own(tile), other(tile) {}
  /// Distance weights between one of the others and all own positions.
  std::vector<Real> weights;
  /// The scores s_xy, and a number per pair for x as source of target y and for x as target of source y.
  std::vector<Real> scores, as_source, as_target;
  /// Numbers per own and other position.
  std::vector<Real> own, other;
};

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

// Matrices are column major: planar tensors `[depth, positions]` are `positions x depth` without a copy.

/// c (m x n) = a (m x k) * b (n x k)^T
template <typename Real>
void times_transposed(
    const Backend &backend, int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb,
    Real *c, int64_t ldc) {
  backend.gemm('N', 'T', m, n, k, a, lda, b, ldb, Real(0), c, ldc);
}

/// c (m x n) += a (m x k) * b (k x n)
template <typename Real>
void add_product(
    const Backend &backend, int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb,
    Real *c, int64_t ldc) {
  backend.gemm('N', 'N', m, n, k, a, lda, b, ldb, Real(1), c, ldc);
}

/// c (m x n) += a (k x m)^T * b (k x n)
template <typename Real>
void add_transposed_product(
    const Backend &backend, int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb,
    Real *c, int64_t ldc) {
  backend.gemm('T', 'N', m, n, k, a, lda, b, ldb, Real(1), c, ldc);
}

template <typename Real>
BLPSEG_INLINE void find_highest_scores_inline(PairTables<Real> &pairs, int64_t own_count, int64_t other_count) {
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
constexpr auto find_highest_scores = for_instruction_set<find_highest_scores_inline<Real>>;

/// Finds the highest score of every position, in `pairs.own` and `pairs.other`; returns the largest difference between
/// such a score and its position's peak in the image, or 0 where that is positive.
template <typename Real>
Real nearest_peak(const Backend &backend, PairTables<Real> &pairs, const Real *peak, Range own, Range other) {
  find_highest_scores<Real>(backend.instruction_set(), pairs, own.count, other.count);
  Real nearest = -std::numeric_limits<Real>::infinity();
  for (int64_t x = 0; x < own.count; x++) nearest = std::max(nearest, pairs.own[x] - peak[own.first + x]);
  for (int64_t y = 0; y < other.count; y++) nearest = std::max(nearest, pairs.other[y] - peak[other.first + y]);
  return std::min(nearest, Real(0));
}

/// Without distance weights no weight exceeds e^nearest, and the sum of all weights of a target is never less than
/// 1 / `significance`.
template <typename Real>
TilePairKind tile_pair_kind(
    const AggregationShape &shape, const DistanceTable<Real> &distances, Range own, Range other, Real nearest,
    Real significance) {
  if (own.first == other.first) return TilePairKind::same;
  // Weights whose sum is less than the rounding error of the result.
  const Real hidden = std::numeric_limits<Real>::epsilon() / 64 / Real(shape.positions());
  if (std::exp(nearest) * significance < hidden) return TilePairKind::negligible;
  auto first_row = [&](Range range) { return range.first / shape.width; };
  auto last_row = [&](Range range) { return (range.first + range.count - 1) / shape.width; };
  int64_t rows = std::max(first_row(own) - last_row(other), first_row(other) - last_row(own));
  Real largest = *distances.from(std::max<int64_t>(rows, 0), 0);
  return largest * significance < hidden ? TilePairKind::far : TilePairKind::near;
}

/// Calls `body(tables, image, own, other)` once for every pair of tiles of every image, a tile with itself included, in
/// the order of `PairSchedule`. Scores are symmetric, so that one table serves both tiles of a pair.
template <typename Real, typename Body>
void for_each_tile_pair(const Backend &backend, const AggregationShape &shape, const Body &body) {
  const int64_t positions = shape.positions();
  const int64_t tiles = (positions + tile - 1) / tile;
  const PairSchedule schedule(tiles);
  auto range = [&](int64_t index) { return Range{index * tile, std::min(tile, positions - index * tile)}; };
  std::vector<PairTables<Real>> tables(backend.thread_count());
  for (int64_t round = 0; round < schedule.round_count(); round++) {
    const int64_t count = schedule.index_count(round);
    take_turns<FlushingDenormals>(backend, shape.images * count, [&](int64_t slot, int64_t i) {
      if (auto pair = schedule.pair(round, i % count))
        body(tables[slot], i / count, range(pair->own), range(pair->other));
    });
  }
}

}  // namespace blpseg
