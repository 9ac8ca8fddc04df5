// Work on LibTorch's threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>

namespace blpseg {

/// Calls `body(i)` for each i below `count` on as many of LibTorch's threads.
///
/// `at::parallel_for` is a template that runs in one thread unless its caller is compiled for the OpenMP of LibTorch's
/// own build. Iterators over tensors share out their elements inside LibTorch, whatever its threads are.
template <typename Body>
void in_parallel(int64_t count, Body body) {
  at::Tensor index = at::arange(count, at::kLong);
  auto iterator = at::TensorIterator::nullary_op(index);
  iterator.for_each(
      [&](char **data, const int64_t *strides, int64_t size) {
        for (int64_t i = 0; i < size; i++) body(*reinterpret_cast<const int64_t *>(data[0] + i * strides[0]));
      },
      1);
}

/// Calls `body(thread, i)` for each i below `count`. Threads, counted from 0 to LibTorch's number of them, take the next i
/// when they are done with one, since they seldom run at one speed.
template <typename Body>
void take_turns(int64_t count, Body body) {
  std::atomic<int64_t> next{0};
  in_parallel(std::min<int64_t>(count, at::get_num_threads()), [&](int64_t thread) {
    for (int64_t i = next++; i < count; i = next++) body(thread, i);
  });
}

}  // namespace blpseg
