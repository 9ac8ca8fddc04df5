// Weights of pairs of positions by their distance on the grid.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace blpseg {

/// g = e^(-|p_a - p_b|^2 / 2 sigma^2) by the differences of rows, 0 ..< height, and columns, -width < d < width.
///
/// The distance itself is taken, squared and exponentiated in float32 whatever the element type, as in the published
/// program, whose float64 losses can be met to 1e-10 only so.
template <typename Real>
class DistanceTable {
 public:
  DistanceTable(int64_t height, int64_t width, double sigma)
      : width_(width), stride_(2 * width - 1), weights_(height * stride_) {
    const auto twice_variance = static_cast<float>(2 * sigma * sigma);
    for (int64_t row = 0; row < height; row++) {
      for (int64_t column = 1 - width; column < width; column++) {
        float distance = std::sqrt(static_cast<float>(row * row + column * column));
        weights_[row * stride_ + column + width - 1] = std::exp(-(distance * distance) / twice_variance);
      }
    }
  }

  /// Weights of a row difference (either sign) and the column differences d, d + 1, ...
  const Real *from(int64_t row, int64_t d) const { return weights_.data() + std::abs(row) * stride_ + d + width_ - 1; }

  int64_t stride() const { return stride_; }
  std::vector<Real> &weights() { return weights_; }

 private:
  int64_t width_, stride_;
  std::vector<Real> weights_;
};

}  // namespace blpseg
