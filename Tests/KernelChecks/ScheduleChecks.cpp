// The order of pairs of tiles, and loops on several threads.
#include <numeric>
#include <set>

#include "Check.h"
#include "PairSchedule.h"
#include "Parallel.h"
#include "PlainBackend.h"

namespace {

void every_pair_once() {
  for (int64_t tiles = 0; tiles < 20; tiles++) {
    const blpseg::PairSchedule schedule(tiles);
    std::set<std::pair<int64_t, int64_t>> seen;
    for (int64_t round = 0; round < schedule.round_count(); round++) {
      std::set<int64_t> busy;
      for (int64_t index = 0; index < schedule.index_count(round); index++) {
        const auto pair = schedule.pair(round, index);
        if (!pair) continue;
        const auto [low, high] = std::minmax(pair->own, pair->other);
        require(low >= 0 && high < tiles, "a pair ", low, ", ", high, " of ", tiles, " tiles");
        require(seen.emplace(low, high).second, "the pair ", low, ", ", high, " of ", tiles, " comes twice");
        require((low == high) == (round == 0), "a tile with itself belongs to round 0 alone");
        require(
            busy.insert(low).second && (low == high || busy.insert(high).second), "a tile of ", low, ", ", high,
            " occurs twice in round ", round);
      }
    }
    require(int64_t(seen.size()) == tiles * (tiles + 1) / 2, seen.size(), " pairs of ", tiles, " tiles");
  }
}

void every_index_once() {
  for (int64_t threads : {1, 3, 8})
    for (int64_t count : {0, 1, 2, 7, 1000}) {
      const PlainBackend backend(threads, blpseg::InstructionSet::baseline);
      // Not atomic: a slot belongs to one thread at a time, and an index to one slot.
      std::vector<int64_t> by_slot(threads, 0);
      std::vector<int> calls(count, 0);
      blpseg::take_turns(backend, count, [&](int64_t slot, int64_t i) {
        by_slot.at(slot)++;
        calls.at(i)++;
      });
      require(
          std::all_of(calls.begin(), calls.end(), [](int calls) { return calls == 1; }), "an index of ", count,
          " is not called once, with ", threads, " threads");
      require(std::accumulate(by_slot.begin(), by_slot.end(), int64_t(0)) == count, "slots miss calls");
    }
}

}  // namespace

const std::vector<Check> schedule_checks = {
    {"every pair of tiles comes once, and no tile twice in a round", every_pair_once},
    {"every index is taken once, and a slot by one thread at a time", every_index_once},
};
