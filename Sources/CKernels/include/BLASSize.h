// Sizes of matrices as a BLAS with 32-bit integers counts them.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace blpseg {

/// `size` in the type of BLAS's arguments; throws `std::length_error` where it does not fit.
inline int blas_size(int64_t size) {
  constexpr int64_t largest = std::numeric_limits<int>::max();
  if (size < 0 || size > largest)
    throw std::length_error(
        "a matrix with a side of " + std::to_string(size) + " is too large: BLAS counts to " + std::to_string(largest));
  return static_cast<int>(size);
}

}  // namespace blpseg
