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

CK_MULTIVERSION
void ck_rms_normalize_backward(
    const float *input, const float *gradient, float *input_gradient, size_t row_count, size_t width,
    float epsilon, int adding) {
#pragma clang fp reassociate(on)
  for (size_t row = 0; row < row_count; row++) {
    const float *x = input + row * width, *from = gradient + row * width;
    float *to = input_gradient + row * width;
    float squares = 0, products = 0;
    for (size_t i = 0; i < width; i++) {
      squares += x[i] * x[i];
      products += x[i] * from[i];
    }
    float scale = 1 / sqrtf(squares / (float)width + epsilon);
    float back = products * scale * scale * scale / (float)width;
    if (adding) {
      for (size_t i = 0; i < width; i++) to[i] += from[i] * scale - x[i] * back;
    } else {
      CK_IN_PLACE
      for (size_t i = 0; i < width; i++) to[i] = from[i] * scale - x[i] * back;
    }
  }
}

CK_MULTIVERSION
void ck_scale_rows_backward(
    const float *input, const float *gradient, float *weight_gradient, size_t row_count, size_t width,
    size_t first_column, size_t column_count) {
  for (size_t row = 0; row < row_count; row++) {
    const float *x = input + row * width + first_column, *from = gradient + row * width + first_column;
    float *to = weight_gradient + first_column;
    for (size_t i = 0; i < column_count; i++) to[i] += x[i] * from[i];
  }
}
