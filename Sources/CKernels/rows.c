#include "CKernels.h"

#include "multiversion.h"

CK_MULTIVERSION
void ck_add_bias(float *rows, const float *bias, size_t row_count, size_t width) {
  for (size_t row = 0; row < row_count; row++) {
    float *target = rows + row * width;
    for (size_t i = 0; i < width; i++) target[i] += bias[i];
  }
}

CK_MULTIVERSION
void ck_add(float *target, const float *addend, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] += addend[i];
}

CK_MULTIVERSION
void ck_add_scaled(float *target, const float *addend, float scale, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] += scale * addend[i];
}

CK_MULTIVERSION
float ck_dot(const float *left, const float *right, size_t count) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += left[i] * right[i];
  return sum;
}

CK_MULTIVERSION
void ck_add_row_sums(
    const float *rows, float *target, size_t row_count, size_t width, size_t first_column,
    size_t column_count) {
  for (size_t row = 0; row < row_count; row++) {
    const float *from = rows + row * width + first_column;
    float *to = target + first_column;
    for (size_t i = 0; i < column_count; i++) to[i] += from[i];
  }
}
