#include "CKernels.h"

#include <math.h>

#include "exponential.h"
#include "multiversion.h"

CK_MULTIVERSION
void ck_rotate(
    float *rows, const float *cosines, const float *sines, size_t first_position, size_t row_count,
    size_t head_count, size_t d_head) {
  size_t half = d_head / 2;
  for (size_t row = 0; row < row_count; row++) {
    const float *cosine = cosines + (first_position + row) * half;
    const float *sine = sines + (first_position + row) * half;
    for (size_t head = 0; head < head_count; head++) {
      float *first = rows + (row * head_count + head) * d_head;
      float *second = first + half;
      for (size_t i = 0; i < half; i++) {
        float a = first[i], b = second[i];
        first[i] = a * cosine[i] - b * sine[i];
        second[i] = b * cosine[i] + a * sine[i];
      }
    }
  }
}

static inline size_t first_visible(size_t position, size_t window) {
  return window != 0 && position + 1 > window ? position + 1 - window : 0;
}

CK_MULTIVERSION
void ck_attention_scores(
    const float *query, const float *keys, float *scores, size_t position, size_t key_count,
    const ck_attention_shape *shape) {
#pragma clang fp reassociate(on)
  size_t d_head = shape->d_head, stride = shape->key_value_head_count * d_head;
  size_t start = first_visible(position, shape->window);
  float scale = 1 / sqrtf((float)d_head);
  for (size_t j = 0; j < start; j++) scores[j] = -INFINITY;
  for (size_t j = start; j <= position; j++) {
    const float *key = keys + j * stride;
    float sum = 0;
    for (size_t i = 0; i < d_head; i++) sum += query[i] * key[i];
    scores[j] = sum * scale;
  }
  for (size_t j = position + 1; j < key_count; j++) scores[j] = -INFINITY;
}

CK_MULTIVERSION
void ck_softmax(float *row, size_t count) {
#pragma clang fp reassociate(on)
  float maximum = -INFINITY;
  for (size_t i = 0; i < count; i++) maximum = row[i] > maximum ? row[i] : maximum;
  float sum = 0;
  for (size_t i = 0; i < count; i++) {
    float e = row[i] == -INFINITY ? 0 : ck_exp(row[i] - maximum);
    row[i] = e;
    sum += e;
  }
  float scale = 1 / sum;
  for (size_t i = 0; i < count; i++) row[i] *= scale;
}

CK_MULTIVERSION
void ck_attention_mix(
    const float *pattern, const float *values, float *output, size_t key_count,
    const ck_attention_shape *shape) {
  size_t d_head = shape->d_head, stride = shape->key_value_head_count * d_head;
  for (size_t i = 0; i < d_head; i++) output[i] = 0;
  for (size_t j = 0; j < key_count; j++) {
    const float *value = values + j * stride;
    float weight = pattern[j];
    for (size_t i = 0; i < d_head; i++) output[i] += weight * value[i];
  }
}

void ck_causal_attention(
    const float *queries, const float *keys, const float *values, float *output, float *scratch,
    const ck_attention_shape *shape) {
  size_t d_head = shape->d_head, group = shape->head_count / shape->key_value_head_count;
  for (size_t row = 0; row < shape->query_count; row++) {
    size_t position = shape->first_position + row;
    for (size_t head = 0; head < shape->head_count; head++) {
      size_t column = (row * shape->head_count + head) * d_head;
      size_t key_column = head / group * d_head;
      ck_attention_scores(
          queries + column, keys + key_column, scratch, position, position + 1, shape);
      ck_softmax(scratch, position + 1);
      ck_attention_mix(
          scratch, values + key_column, output + column, position + 1, shape);
    }
  }
}
