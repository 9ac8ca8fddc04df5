// The vector exponential, denormal numbers, and sizes of matrices.
#include <cstring>
#include <limits>

#include "Backend.h"
#include "Check.h"
#include "FlushingDenormals.h"
#include "VectorMath.h"

namespace {

using blpseg::FlushingDenormals;

BLPSEG_INLINE void exponentials_inline(const float *x, int64_t count, float *result) {
  for (int64_t i = 0; i < count; i++) result[i] = blpseg::exponential(x[i]);
}
constexpr auto exponentials = blpseg::for_instruction_set<exponentials_inline>;

/// Every 499th float from -87 to 88, and the largest and smallest of both signs.
std::vector<float> arguments() {
  std::vector<float> numbers = {-87.0f, -0.0f, 0.0f, 88.0f};
  for (float end : {-87.0f, 88.0f}) {
    uint32_t sign = end < 0 ? 0x80000000u : 0u, last;
    memcpy(&last, &end, sizeof last);
    for (uint32_t bits = sign; bits <= last; bits += 499) {
      float number;
      memcpy(&number, &bits, sizeof number);
      numbers.push_back(number);
    }
  }
  return numbers;
}

void exponential_accuracy() {
  const std::vector<float> x = arguments();
  std::vector<float> found(x.size());
  for (blpseg::InstructionSet set : all_instruction_sets) {
    exponentials(blpseg::widest_supported(set), x.data(), x.size(), found.data());
    double worst = 0;
    for (size_t i = 0; i < x.size(); i++) {
      const double exact = std::exp(double(x[i]));
      const double ulp = std::ldexp(1.0, std::ilogb(exact) - 23);
      const double error = std::abs(found[i] - exact) / ulp;
      require(error <= 2, "e^", x[i], " is ", found[i], ", ", error, " ulp from ", exact);
      worst = std::max(worst, error);
    }
    require(worst > 0, "no number was rounded");
  }
}

void exponential_ends() {
  const std::vector<float> x = {0.0f,   -0.0f,  std::nextafter(-87.0f, -100.0f),
                                -88.0f, -1e30f, -std::numeric_limits<float>::infinity()};
  std::vector<float> found(x.size());
  for (blpseg::InstructionSet set : all_instruction_sets) {
    exponentials(blpseg::widest_supported(set), x.data(), x.size(), found.data());
    for (size_t i = 0; i < x.size(); i++) require(found[i] == (i < 2 ? 1.0f : 0.0f), "e^", x[i], " is ", found[i]);
  }
}

/// Half of the smallest normal number, unless that is flushed.
float denormal() {
  volatile float smallest = std::numeric_limits<float>::min();
  return smallest * 0.5f;
}

void denormals() {
  require(!FlushingDenormals::is_on() && denormal() > 0, "denormal numbers are flushed from the start");
  {
    FlushingDenormals outer;
#if defined(__x86_64__) || defined(__aarch64__)
    require(FlushingDenormals::is_on() && denormal() == 0, "denormal numbers are not flushed");
    { FlushingDenormals inner; }
    require(FlushingDenormals::is_on(), "the inner scope did not restore what the outer one had set");
#endif
  }
  require(!FlushingDenormals::is_on() && denormal() > 0, "denormal numbers are still flushed afterwards");
}

void blas_sizes() {
  require(blpseg::blas_size(0) == 0 && blpseg::blas_size(2147483647) == 2147483647, "sizes that fit are changed");
  for (int64_t size : {int64_t(2147483648), int64_t(1) << 32, int64_t(-1)}) {
    std::string message;
    try {
      blpseg::blas_size(size);
    } catch (const std::length_error &error) {
      message = error.what();
    }
    require(message.find(std::to_string(size)) != std::string::npos, size, " is not refused: '", message, "'");
  }
}

}  // namespace

const std::vector<Check> vector_math_checks = {
    {"the exponential is within 2 ulp from -87 to 88", exponential_accuracy},
    {"the exponential is 1 at 0, and 0 below -87", exponential_ends},
    {"denormal numbers are flushed for a while, and then treated as before", denormals},
    {"sizes that BLAS cannot count are refused", blas_sizes},
};
