#pragma once

#include <stdint.h>
#include <string.h>

/// e^x without a library call, so that loops over it vectorise; relative error at most 1.5e-7.
///
/// Cody–Waite reduction to |r| ≤ ln 2 / 2, then a Taylor polynomial of degree 7. Arguments are held to
/// ±87, which keeps the result a normal number.
static inline float ck_exp(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 87.0f ? 87.0f : x;
  float shifted = x * 1.44269504f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.98412698e-4f;
  p = p * r + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t exponent = ((int32_t)n + 127) << 23;
  float scale;
  memcpy(&scale, &exponent, 4);
  return p * scale;
}
