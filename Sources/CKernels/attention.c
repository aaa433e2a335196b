#include "CKernels.h"

#include <math.h>

#include "exponential.h"
#include "multiversion.h"
#include "vector.h"

enum {
  /// Keys that lie beside each other, channel by channel.
  block = 16,
  /// Query heads of a group that are worked on together.
  heads_at_once = 4,
};

/// Rotates by the angles times `direction`.
static inline __attribute__((always_inline)) void rotate(
    float *rows, const float *cosines, const float *sines, size_t first_position, size_t row_count,
    size_t head_count, size_t d_head, float direction) {
  size_t half = d_head / 2;
  for (size_t row = 0; row < row_count; row++) {
    const float *cosine = cosines + (first_position + row) * half;
    const float *sine = sines + (first_position + row) * half;
    for (size_t head = 0; head < head_count; head++) {
      float *first = rows + (row * head_count + head) * d_head;
      float *second = first + half;
      CK_IN_PLACE
      for (size_t i = 0; i < half; i++) {
        float a = first[i], b = second[i], turn = direction * sine[i];
        first[i] = a * cosine[i] - b * turn;
        second[i] = b * cosine[i] + a * turn;
      }
    }
  }
}

CK_MULTIVERSION
void ck_rotate(
    float *rows, const float *cosines, const float *sines, size_t first_position, size_t row_count,
    size_t head_count, size_t d_head) {
  rotate(rows, cosines, sines, first_position, row_count, head_count, d_head, 1);
}

CK_MULTIVERSION
void ck_rotate_back(
    float *rows, const float *cosines, const float *sines, size_t first_position, size_t row_count,
    size_t head_count, size_t d_head) {
  rotate(rows, cosines, sines, first_position, row_count, head_count, d_head, -1);
}

size_t ck_key_capacity(size_t row_count, const ck_attention_shape *shape) {
  return (row_count + block - 1) / block * block * shape->key_value_head_count * shape->d_head;
}

void ck_store_keys(
    const float *rows, size_t row_count, float *keys, size_t first_row,
    const ck_attention_shape *shape) {
  size_t width = shape->key_value_head_count * shape->d_head;
  for (size_t row = 0; row < row_count; row++) {
    size_t place = first_row + row;
    float *target = keys + place / block * block * width + place % block;
    for (size_t i = 0; i < width; i++) target[i * block] = rows[row * width + i];
  }
}

static inline size_t first_visible(size_t position, size_t window) {
  return window != 0 && position + 1 > window ? position + 1 - window : 0;
}

/// Products of `heads` queries with two blocks of keys, which may be the same; `sums`: [2, heads, 16].
static inline __attribute__((always_inline)) void score_blocks(
    const float *queries, size_t heads, const float *left, const float *right, size_t d_head,
    vector *sums) {
  vector kept[2][heads_at_once] = {};
  for (size_t i = 0; i < d_head; i++) {
    vector a = *(const vector *)(left + i * block), b = *(const vector *)(right + i * block);
    for (size_t h = 0; h < heads; h++) {
      kept[0][h] += a * queries[h * d_head + i];
      kept[1][h] += b * queries[h * d_head + i];
    }
  }
  for (size_t h = 0; h < heads; h++) {
    sums[h] = kept[0][h];
    sums[heads_at_once + h] = kept[1][h];
  }
}

/// Copies the scores of the keys `from..<to` of a run out of their block.
static inline void take_scores(
    const vector *sums, size_t heads, size_t lane, size_t count, float scale, float *scores,
    size_t stride) {
  for (size_t h = 0; h < heads; h++) {
    const float *sum = (const float *)(sums + h);
    for (size_t i = 0; i < count; i++) scores[h * stride + i] = sum[lane + i] * scale;
  }
}

/// Scores of up to four heads over the keys of all runs.
static inline __attribute__((always_inline)) void score_heads(
    const float *queries, size_t heads, const ck_attention_context *context, size_t key_value_head,
    size_t key_count, float *scores, size_t stride, const ck_attention_shape *shape) {
  size_t d_head = shape->d_head, width = shape->key_value_head_count * d_head;
  float scale = 1 / sqrtf((float)d_head);
  const float *keys = context->keys + key_value_head * d_head * block;
  size_t done = 0;
  for (const ck_row_run *run = context->runs; done < key_count; run++) {
    size_t row = run->first_row, rest = run->count;
    if (rest > key_count - done) rest = key_count - done;
    while (rest > 0) {
      const float *left = keys + row / block * block * width;
      size_t lane = row % block;
      size_t in_left = rest < block - lane ? rest : block - lane;
      size_t in_right = rest - in_left < block ? rest - in_left : block;
      vector sums[2 * heads_at_once];
      score_blocks(
          queries, heads, left, in_right > 0 ? left + block * width : left, d_head, sums);
      take_scores(sums, heads, lane, in_left, scale, scores + done, stride);
      take_scores(
          sums + heads_at_once, heads, 0, in_right, scale, scores + done + in_left, stride);
      done += in_left + in_right;
      row += in_left + in_right;
      rest -= in_left + in_right;
    }
  }
}

CK_MULTIVERSION CK_WIDE
void ck_attention_scores(
    const float *queries, const ck_attention_context *context, size_t key_value_head,
    size_t position, float *scores, size_t stride, const ck_attention_shape *shape) {
  size_t group = shape->head_count / shape->key_value_head_count, d_head = shape->d_head;
  size_t count = position + 1;
  for (size_t head = 0; head < group; head += heads_at_once) {
    const float *from = queries + head * d_head;
    float *to = scores + head * stride;
    // Each head count is a loop of its own, so that its sums stay in registers.
    switch (group - head) {
      case 1: score_heads(from, 1, context, key_value_head, count, to, stride, shape); break;
      case 2: score_heads(from, 2, context, key_value_head, count, to, stride, shape); break;
      case 3: score_heads(from, 3, context, key_value_head, count, to, stride, shape); break;
      default: score_heads(from, 4, context, key_value_head, count, to, stride, shape);
    }
  }
  size_t start = first_visible(position, shape->window);
  for (size_t head = 0; head < group; head++) {
    for (size_t j = 0; j < start; j++) scores[head * stride + j] = -INFINITY;
  }
}

/// Replaces sixteen scores by their exponentials.
static inline void exponentiate(float *values, float maximum) {
  for (size_t i = 0; i < block; i++) {
    values[i] = values[i] == -INFINITY ? 0 : ck_exp(values[i] - maximum);
  }
}

CK_MULTIVERSION
void ck_softmax(float *row, size_t count) {
  size_t whole = count / block * block;
  // The last scores are worked on in a block that -infinity fills up.
  float rest[block];
  for (size_t i = 0; i < block; i++) rest[i] = whole + i < count ? row[whole + i] : -INFINITY;
  float lanes[block];
  for (size_t i = 0; i < block; i++) lanes[i] = rest[i];
  for (size_t j = 0; j < whole; j += block) {
    for (size_t i = 0; i < block; i++) lanes[i] = row[j + i] > lanes[i] ? row[j + i] : lanes[i];
  }
  float maximum = lanes[0];
  for (size_t i = 1; i < block; i++) maximum = lanes[i] > maximum ? lanes[i] : maximum;

  exponentiate(rest, maximum);
  for (size_t i = 0; i < block; i++) lanes[i] = rest[i];
  for (size_t j = 0; j < whole; j += block) {
    exponentiate(row + j, maximum);
    for (size_t i = 0; i < block; i++) lanes[i] += row[j + i];
  }
  float sum = 0;
  for (size_t i = 0; i < block; i++) sum += lanes[i];
  float scale = 1 / sum;
  for (size_t j = 0; j < whole; j++) row[j] *= scale;
  for (size_t j = whole; j < count; j++) row[j] = rest[j - whole] * scale;
}

/// Sums `vectors` × 16 channels of up to four heads over the values of all runs.
static inline __attribute__((always_inline)) void mix_channels(
    const float *pattern, size_t stride, size_t heads, const ck_attention_context *context,
    size_t column, size_t vectors, size_t key_count, float *output,
    const ck_attention_shape *shape) {
  size_t width = shape->key_value_head_count * shape->d_head;
  vector sums[heads_at_once][4] = {};
  size_t done = 0;
  for (const ck_row_run *run = context->runs; done < key_count; run++) {
    const float *value = context->values + run->first_row * width + column;
    size_t rest = run->count < key_count - done ? run->count : key_count - done;
    for (size_t j = 0; j < rest; j++, value += width) {
      for (size_t v = 0; v < vectors; v++) {
        vector part = *(const vector *)(value + v * block);
        for (size_t h = 0; h < heads; h++) sums[h][v] += part * pattern[h * stride + done + j];
      }
    }
    done += rest;
  }
  for (size_t h = 0; h < heads; h++) {
    for (size_t v = 0; v < vectors; v++) {
      *(vector *)(output + h * shape->d_head + v * block) = sums[h][v];
    }
  }
}

/// Sums one channel of one head, for widths that sixteen does not divide.
static inline void mix_channel(
    const float *pattern, const ck_attention_context *context, size_t column, size_t key_count,
    float *output, const ck_attention_shape *shape) {
  size_t width = shape->key_value_head_count * shape->d_head;
  float sum = 0;
  size_t done = 0;
  for (const ck_row_run *run = context->runs; done < key_count; run++) {
    const float *value = context->values + run->first_row * width + column;
    size_t rest = run->count < key_count - done ? run->count : key_count - done;
    for (size_t j = 0; j < rest; j++) sum += value[j * width] * pattern[done + j];
    done += rest;
  }
  *output = sum;
}

static inline __attribute__((always_inline)) void mix_heads(
    const float *pattern, size_t stride, size_t heads, const ck_attention_context *context,
    size_t key_value_head, size_t key_count, float *output, const ck_attention_shape *shape) {
  size_t d_head = shape->d_head, first = key_value_head * d_head, i = 0;
  for (; i + 4 * block <= d_head; i += 4 * block) {
    mix_channels(pattern, stride, heads, context, first + i, 4, key_count, output + i, shape);
  }
  for (; i + block <= d_head; i += block) {
    mix_channels(pattern, stride, heads, context, first + i, 1, key_count, output + i, shape);
  }
  for (; i < d_head; i++) {
    for (size_t h = 0; h < heads; h++) {
      mix_channel(
          pattern + h * stride, context, first + i, key_count, output + h * d_head + i, shape);
    }
  }
}

CK_MULTIVERSION CK_WIDE
void ck_attention_mix(
    const float *pattern, size_t stride, const ck_attention_context *context,
    size_t key_value_head, size_t position, float *output, const ck_attention_shape *shape) {
  size_t group = shape->head_count / shape->key_value_head_count, count = position + 1;
  for (size_t head = 0; head < group; head += heads_at_once) {
    const float *from = pattern + head * stride;
    float *to = output + head * shape->d_head;
    switch (group - head) {
      case 1: mix_heads(from, stride, 1, context, key_value_head, count, to, shape); break;
      case 2: mix_heads(from, stride, 2, context, key_value_head, count, to, shape); break;
      case 3: mix_heads(from, stride, 3, context, key_value_head, count, to, shape); break;
      default: mix_heads(from, stride, 4, context, key_value_head, count, to, shape);
    }
  }
}

void ck_causal_attention(
    const float *queries, size_t query_count, size_t first_position,
    const ck_attention_context *context, float *output, float *scratch,
    const ck_attention_shape *shape) {
  size_t group = shape->head_count / shape->key_value_head_count, width = group * shape->d_head;
  size_t stride = first_position + query_count;
  for (size_t row = 0; row < query_count; row++) {
    size_t position = first_position + row;
    for (size_t head = 0; head < shape->key_value_head_count; head++) {
      size_t column = (row * shape->key_value_head_count + head) * width;
      ck_attention_scores(queries + column, context, head, position, scratch, stride, shape);
      for (size_t h = 0; h < group; h++) ck_softmax(scratch + h * stride, position + 1);
      ck_attention_mix(scratch, stride, context, head, position, output + column, shape);
    }
  }
}
