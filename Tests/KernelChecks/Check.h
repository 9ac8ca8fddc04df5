// A check, and what checks share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "Backend.h"

struct Check {
  const char *name;
  /// Throws a `std::exception` that says what was found.
  void (*run)();
};

extern const std::vector<Check> vector_math_checks, schedule_checks, aggregation_checks, winograd_checks;

constexpr blpseg::InstructionSet all_instruction_sets[] = {
    blpseg::InstructionSet::baseline, blpseg::InstructionSet::avx2, blpseg::InstructionSet::avx512};

/// Throws the parts of a message unless `holds`.
template <typename... Parts>
void require(bool holds, const Parts &...parts) {
  if (holds) return;
  std::ostringstream message;
  (message << ... << parts);
  throw std::runtime_error(message.str());
}

/// Numbers from the normal distribution.
template <typename Real>
std::vector<Real> normal(size_t count, unsigned seed, double deviation = 1) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> distribution(0, deviation);
  std::vector<Real> numbers(count);
  for (Real &number : numbers) number = Real(distribution(generator));
  return numbers;
}

/// Requires every number to be within `tolerance` of the largest expected magnitude.
template <typename Real>
void require_close(
    const std::vector<Real> &found, const std::vector<double> &expected, double tolerance, const std::string &what) {
  require(found.size() == expected.size(), what, ": ", found.size(), " numbers, expected ", expected.size());
  double magnitude = 0;
  for (double number : expected) magnitude = std::max(magnitude, std::abs(number));
  require(expected.empty() || magnitude > 0, what, ": nothing but zeros is expected");
  for (size_t i = 0; i < found.size(); i++)
    require(
        std::abs(double(found[i]) - expected[i]) <= tolerance * magnitude, what, ", element ", i, ": ", found[i],
        ", expected ", expected[i], "; largest magnitude ", magnitude);
}
