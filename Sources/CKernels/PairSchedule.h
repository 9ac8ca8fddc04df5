// The order in which pairs of tiles are computed.
#pragma once

#include <cstdint>
#include <optional>

namespace blpseg {

struct TilePair {
  int64_t own, other;
};

/// Rounds of pairs, every pair once. In a round no tile occurs twice, so that the pairs of a round can be computed at
/// the same time; and each tile's pairs come in an order that does not depend on the number of threads.
///
/// Round 0 pairs each tile with itself. The other rounds are those of the circle method (a decomposition of the
/// complete graph into perfect matchings): with an even number n of tiles, round r pairs tile n - 1 with r, and r + i
/// with r - i modulo n - 1. For an odd number of tiles a dummy tile is added.
class PairSchedule {
 public:
  explicit PairSchedule(int64_t tiles) : tiles_(tiles), even_(tiles + tiles % 2) {}

  int64_t round_count() const { return even_; }

  /// Number of indices in a round.
  int64_t index_count(int64_t round) const { return round == 0 ? tiles_ : even_ / 2; }

  /// The pair at an index of a round; none where one of its tiles is the dummy.
  std::optional<TilePair> pair(int64_t round, int64_t index) const {
    if (round == 0) return TilePair{index, index};
    const int64_t circle = even_ - 1, turn = round - 1;
    const TilePair pair =
        index == 0 ? TilePair{turn, circle} : TilePair{(turn + index) % circle, (turn + circle - index) % circle};
    if (pair.own >= tiles_ || pair.other >= tiles_) return std::nullopt;
    return pair;
  }

 private:
  int64_t tiles_, even_;
};

}  // namespace blpseg
