// Loops on the threads of a backend.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "Backend.h"

namespace blpseg {

/// Calls `body(i)` for each i below `count`, on the backend's threads.
template <typename Body>
void in_parallel(const Backend &backend, int64_t count, const Body &body) {
  backend.run(
      count, [](const void *context, int64_t i) { (*static_cast<const Body *>(context))(i); }, &body);
}

/// A scope without an effect.
struct NoScope {};

/// Calls `body(slot, i)` for each i below `count`. Slots are numbered from 0 up to the number of threads. Each takes
/// the next i when it has finished one, since threads seldom run at equal speed, and computes within a `Scope`. The
/// data of a slot are used by one thread at a time.
template <typename Scope = NoScope, typename Body>
void take_turns(const Backend &backend, int64_t count, const Body &body) {
  std::atomic<int64_t> next{0};
  in_parallel(backend, std::min(count, backend.thread_count()), [&](int64_t slot) {
    [[maybe_unused]] const Scope scope;
    for (int64_t i = next++; i < count; i = next++) body(slot, i);
  });
}

}  // namespace blpseg
