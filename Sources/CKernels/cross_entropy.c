#include "CKernels.h"

#include <math.h>

#include "exponential.h"
#include "largest.h"
#include "multiversion.h"

enum {
  /// Exponentials that are summed as floats before they join the sum of doubles.
  run = 1024,
};

static inline __attribute__((always_inline)) double exponential_sum(
    const float *values, size_t count, float maximum) {
#pragma clang fp reassociate(on)
  double total = 0;
  for (size_t start = 0; start < count; start += run) {
    size_t end = count - start < run ? count : start + run;
    float sum = 0;
    for (size_t i = start; i < end; i++) sum += ck_exp(values[i] - maximum);
    total += sum;
  }
  return total;
}

CK_MULTIVERSION
double ck_cross_entropy(const float *logits, size_t count, size_t target) {
  float maximum = ck_largest(logits, count);
  return log(exponential_sum(logits, count, maximum)) + (double)maximum - (double)logits[target];
}

CK_MULTIVERSION
double ck_cross_entropy_backward(float *logits, size_t count, size_t target, float slope) {
  float maximum = ck_largest(logits, count);
  double sum = exponential_sum(logits, count, maximum);
  double loss = log(sum) + (double)maximum - (double)logits[target];
  float scale = (float)(slope / sum);
  for (size_t i = 0; i < count; i++) logits[i] = ck_exp(logits[i] - maximum) * scale;
  logits[target] -= slope;
  return loss;
}
