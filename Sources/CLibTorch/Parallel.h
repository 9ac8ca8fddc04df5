// Work on LibTorch's threads.
#pragma once

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

}  // namespace blpseg
