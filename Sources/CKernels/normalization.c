#include "CKernels.h"

#include <math.h>

#include "multiversion.h"

CK_MULTIVERSION
void ck_rms_normalize(
    const float *input, float *output, size_t row_count, size_t width, float epsilon) {
#pragma clang fp reassociate(on)
  for (size_t row = 0; row < row_count; row++) {
    const float *from = input + row * width;
    float *to = output + row * width;
    float squares = 0;
    for (size_t i = 0; i < width; i++) squares += from[i] * from[i];
    float scale = 1 / sqrtf(squares / (float)width + epsilon);
    CK_IN_PLACE
    for (size_t i = 0; i < width; i++) to[i] = from[i] * scale;
  }
}

CK_MULTIVERSION
void ck_scale_rows(
    const float *input, const float *weight, float *output, size_t row_count, size_t width) {
  for (size_t row = 0; row < row_count; row++) {
    const float *from = input + row * width;
    float *to = output + row * width;
    CK_IN_PLACE
    for (size_t i = 0; i < width; i++) to[i] = from[i] * weight[i];
  }
}
