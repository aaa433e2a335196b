#pragma once

#include <math.h>
#include <stddef.h>

#include "vector.h"

/// The largest of some values; -infinity for none.
static inline float ck_largest(const float *values, size_t count) {
  // In lanes of their own: the compiler may not change the order of comparisons, or a NaN would tell.
  float most[lanes];
  for (size_t l = 0; l < lanes; l++) most[l] = -INFINITY;
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (size_t l = 0; l < lanes; l++) most[l] = values[i + l] > most[l] ? values[i + l] : most[l];
  }
  for (; i < count; i++) most[0] = values[i] > most[0] ? values[i] : most[0];
  for (size_t l = 1; l < lanes; l++) most[0] = most[l] > most[0] ? most[l] : most[0];
  return most[0];
}
