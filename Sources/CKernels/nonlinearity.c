#include "CKernels.h"

#include "exponential.h"
#include "multiversion.h"

CK_MULTIVERSION
void ck_gated_silu(const float *gate, const float *linear, float *output, size_t count) {
  CK_IN_PLACE
  for (size_t i = 0; i < count; i++) {
    float g = gate[i];
    output[i] = g / (1 + ck_exp(-g)) * linear[i];
  }
}

CK_MULTIVERSION
void ck_gated_silu_backward(float *gate, float *linear, float *gradient, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i], l = linear[i], d = gradient[i];
    float sigmoid = 1 / (1 + ck_exp(-g)), silu = g / (1 + ck_exp(-g));
    gate[i] = d * l * (sigmoid + silu * (1 - sigmoid));
    linear[i] = d * silu;
    gradient[i] = silu * l;
  }
}
