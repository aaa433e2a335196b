#include "CKernels.h"

#include <math.h>
#include <string.h>

#include "exponential.h"
#include "largest.h"
#include "multiversion.h"
#include "tile_products.h"
#include "vector.h"

// One key-value head of one sequence at a time. Its queries, keys and values are copied to rows whose width
// is a multiple of sixteen, so that no loop below has a remainder; what is added to them is zero.

enum {
  /// Positions whose queries are worked on together.
  tile = 16,
};

static inline size_t rounded(size_t count) { return (count + lanes - 1) / lanes * lanes; }

/// Where everything lies in the scratch.
typedef struct {
  /// Padded sizes.
  size_t keys, width;
  /// [key / 16, width, key % 16].
  float *key_blocks, *value_blocks;
  /// [key, width].
  float *key_rows, *key_gradient, *value_gradient;
  /// Of a tile: [position × head of the group, width].
  float *queries, *output_gradient, *query_gradient;
  /// Of a tile: [position × head of the group, keys].
  float *pattern, *score_gradient;
} layout;

static inline size_t lay_out(
    layout *to, float *scratch, size_t position_count, const ck_attention_shape *shape) {
  size_t rows = tile * (shape->head_count / shape->key_value_head_count);
  to->keys = rounded(position_count);
  to->width = rounded(shape->d_head);
  size_t by_key = to->keys * to->width, by_query = rows * to->width, scores = rows * to->keys;
  float **places[] = {
      &to->key_blocks, &to->value_blocks, &to->key_rows, &to->key_gradient, &to->value_gradient,
      &to->queries, &to->output_gradient, &to->query_gradient, &to->pattern, &to->score_gradient};
  size_t total = 0;
  for (size_t i = 0; i < 10; i++) {
    // Only places are computed where there is no scratch yet.
    *places[i] = scratch ? scratch + total : NULL;
    total += i < 5 ? by_key : i < 8 ? by_query : scores;
  }
  return total;
}

size_t ck_attention_backward_scratch(size_t position_count, const ck_attention_shape *shape) {
  layout place;
  return lay_out(&place, NULL, position_count, shape);
}

/// Copies one head's rows to rows of another stride.
static inline void copy_rows(
    const float *from, size_t stride, size_t count, size_t d_head, float *to, size_t to_stride) {
  for (size_t row = 0; row < count; row++) {
    memcpy(to + row * to_stride, from + row * stride, d_head * sizeof(float));
  }
}

/// Turns rows of sixteen keys, the first of them at a position, into channels of sixteen keys.
static inline void block_rows(
    const float *from, size_t stride, size_t position, size_t count, size_t d_head, float *to,
    size_t width) {
  for (size_t row = 0; row < count; row++, position++) {
    float *target = to + position / lanes * lanes * width + position % lanes;
    for (size_t i = 0; i < d_head; i++) target[i * lanes] = from[row * stride + i];
  }
}

/// Brings the keys and values of all positions together.
static inline void gather_keys(
    const float *keys, const float *values, const ck_row_run *runs, size_t run_count, size_t stride,
    size_t d_head, const layout *to) {
  size_t position = 0;
  for (const ck_row_run *run = runs; run < runs + run_count; run++) {
    const float *key = keys + run->first_row * stride, *value = values + run->first_row * stride;
    block_rows(key, stride, position, run->count, d_head, to->key_blocks, to->width);
    block_rows(value, stride, position, run->count, d_head, to->value_blocks, to->width);
    copy_rows(key, stride, run->count, d_head, to->key_rows + position * to->width, to->width);
    position += run->count;
  }
}

static inline float total(const float *values) {
  float sum = 0;
  for (size_t i = 0; i < lanes; i++) sum += values[i];
  return sum;
}

/// Turns a row of products with keys into a pattern, and of products with values into the derivative of the
/// scores; outside `first..<end` both become zero. `from` and `to` are multiples of sixteen.
static inline __attribute__((always_inline)) void soften(
    float *pattern, float *gradient, size_t from, size_t to, size_t first, size_t end, float scale) {
  for (size_t i = from; i < first; i++) pattern[i] = -INFINITY;
  for (size_t i = end; i < to; i++) pattern[i] = -INFINITY;
  float maximum = ck_largest(pattern + from, to - from);
  // Sums in lanes of their own, for the compiler may not change the order of a sum.
  float sums[lanes] = {0}, means[lanes] = {0};
  for (size_t i = from; i < to; i += lanes) {
    for (size_t l = 0; l < lanes; l++) {
      float score = pattern[i + l];
      float value = score == -INFINITY ? 0 : ck_exp((score - maximum) * scale);
      sums[l] += value;
      means[l] += value * gradient[i + l];
      pattern[i + l] = value;
    }
  }
  float share = 1 / total(sums), mean = total(means) * share;
  for (size_t i = from; i < to; i++) {
    pattern[i] *= share;
    gradient[i] = pattern[i] * (gradient[i] - mean) * scale;
  }
}

CK_MULTIVERSION CK_WIDE
void ck_causal_attention_backward(
    const float *queries, const float *keys, const float *values, const float *output_gradient,
    const ck_row_run *runs, size_t run_count, size_t key_value_head, float *query_gradient,
    float *key_gradient, float *value_gradient, float *earlier_key_gradient,
    float *earlier_value_gradient, float *scratch, const ck_attention_shape *shape) {
  ck_row_run own = runs[run_count - 1];
  size_t earlier_count = 0;
  for (size_t i = 0; i + 1 < run_count; i++) earlier_count += runs[i].count;
  size_t position_count = earlier_count + own.count;
  layout at;
  memset(scratch, 0, lay_out(&at, scratch, position_count, shape) * sizeof(float));
  size_t d_head = shape->d_head, group = shape->head_count / shape->key_value_head_count;
  size_t key_stride = shape->key_value_head_count * d_head, query_stride = shape->head_count * d_head;
  size_t key_column = key_value_head * d_head, query_column = key_value_head * group * d_head;
  float scale = 1 / sqrtf((float)d_head);
  gather_keys(keys + key_column, values + key_column, runs, run_count, key_stride, d_head, &at);

  for (size_t position = earlier_count; position < position_count; position += tile) {
    size_t positions = position_count - position < tile ? position_count - position : tile;
    size_t rows = positions * group, first_row = own.first_row + position - earlier_count;
    // Rows of a tile: all heads of a position, then the next position.
    for (size_t i = 0; i < positions; i++) {
      size_t from = (first_row + i) * query_stride + query_column;
      copy_rows(
          queries + from, d_head, group, d_head, at.queries + i * group * at.width, at.width);
      copy_rows(
          output_gradient + from, d_head, group, d_head, at.output_gradient + i * group * at.width,
          at.width);
    }
    size_t window = shape->window;
    size_t earliest = window != 0 && position + 1 > window ? position + 1 - window : 0;
    size_t first_key = earliest / lanes * lanes, end_key = rounded(position + positions);
    products(at.queries, rows, at.key_blocks, at.width, first_key, end_key, at.pattern, at.keys);
    products(
        at.output_gradient, rows, at.value_blocks, at.width, first_key, end_key, at.score_gradient,
        at.keys);
    for (size_t row = 0; row < rows; row++) {
      size_t end = position + row / group + 1;
      size_t first = window != 0 && end > window ? end - window : 0;
      soften(
          at.pattern + row * at.keys, at.score_gradient + row * at.keys, first_key, end_key, first, end,
          scale);
    }
    size_t keys = end_key - first_key, at_key = first_key * at.width;
    weigh(
        at.pattern + first_key, 1, at.keys, at.output_gradient, rows, at.width, keys, 1,
        at.value_gradient + at_key);
    weigh(
        at.score_gradient + first_key, 1, at.keys, at.queries, rows, at.width, keys, 1,
        at.key_gradient + at_key);
    weigh(
        at.score_gradient + first_key, at.keys, 1, at.key_rows + at_key, keys, at.width, rows, 0,
        at.query_gradient);
    for (size_t i = 0; i < positions; i++) {
      copy_rows(
          at.query_gradient + i * group * at.width, at.width, group, d_head,
          query_gradient + (first_row + i) * query_stride + query_column, d_head);
    }
  }
  size_t to = own.first_row * key_stride + key_column, from = earlier_count * at.width;
  copy_rows(
      at.key_gradient, at.width, earlier_count, d_head, earlier_key_gradient + key_column, key_stride);
  copy_rows(
      at.value_gradient, at.width, earlier_count, d_head, earlier_value_gradient + key_column,
      key_stride);
  copy_rows(
      at.key_gradient + from, at.width, own.count, d_head, key_gradient + to, key_stride);
  copy_rows(
      at.value_gradient + from, at.width, own.count, d_head, value_gradient + to, key_stride);
}
