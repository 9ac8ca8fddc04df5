// Mathematical functions that vectorise in loops.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "InstructionSets.h"

namespace blpseg {

/// e^x for x <= 88 within 2 ulp, without branches, so that loops over it vectorise; 0 below -87.
BLPSEG_INLINE float exponential(float x) {
  constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  float clamped = x < -87.0f ? -87.0f : x;
  float n = (clamped * 1.44269504f + round) - round;
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  // Taylor terms up to r^7 / 7!; |r| <= ln 2 / 2.
  float y = 1.0f / 5040;
  y = y * r + 1.0f / 720;
  y = y * r + 1.0f / 120;
  y = y * r + 1.0f / 24;
  y = y * r + 1.0f / 6;
  y = y * r + 0.5f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return x < -87.0f ? 0.0f : y * power;
}

BLPSEG_INLINE double exponential(double x) { return std::exp(x); }

}  // namespace blpseg
