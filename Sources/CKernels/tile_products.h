#pragma once

#include "vector.h"

// Small products whose sums stay in registers. Rows are padded to a multiple of sixteen.

enum {
  /// Rows whose products with blocks of sixteen keys stay in registers.
  rows_at_once = 8,
  /// Blocks of keys that share a reading of these rows.
  blocks_at_once = 2,
  /// Vectors of channels that stay in registers.
  vectors_at_once = 4,
  /// Sums of such vectors that share a reading of what they sum.
  sums_at_once = 4,
};

/// Products of `rows` rows with `blocks` × 16 keys.
static inline __attribute__((always_inline)) void product_block(
    const float *left, size_t rows, const float *keys, size_t blocks, size_t width, float *to,
    size_t stride) {
  vector sums[rows_at_once][blocks_at_once] = {};
  for (size_t i = 0; i < width; i++) {
    for (size_t row = 0; row < rows; row++) {
      for (size_t b = 0; b < blocks; b++) {
        sums[row][b] += *(const vector *)(keys + (b * width + i) * lanes) * left[row * width + i];
      }
    }
  }
  for (size_t row = 0; row < rows; row++) {
    for (size_t b = 0; b < blocks; b++) *(vector *)(to + row * stride + b * lanes) = sums[row][b];
  }
}

/// Products of all rows of a tile with `blocks` × 16 keys.
static inline __attribute__((always_inline)) void product_rows(
    const float *left, size_t row_count, const float *keys, size_t blocks, size_t width, float *to,
    size_t stride) {
  size_t row = 0;
  for (; row + rows_at_once <= row_count; row += rows_at_once) {
    product_block(left + row * width, rows_at_once, keys, blocks, width, to + row * stride, stride);
  }
  for (; row < row_count; row++) {
    product_block(left + row * width, 1, keys, blocks, width, to + row * stride, stride);
  }
}

/// Products of all rows of a tile with the keys of some blocks.
static inline __attribute__((always_inline)) void products(
    const float *left, size_t row_count, const float *blocks, size_t width, size_t first_key,
    size_t end_key, float *to, size_t stride) {
  size_t key = first_key;
  for (; key + blocks_at_once * lanes <= end_key; key += blocks_at_once * lanes) {
    product_rows(left, row_count, blocks + key * width, blocks_at_once, width, to + key, stride);
  }
  for (; key < end_key; key += lanes) {
    product_rows(left, row_count, blocks + key * width, 1, width, to + key, stride);
  }
}

/// target[s] += Σ weights[s, t] × terms[t], or = if not adding, for `sums` sums of `vectors` × 16 channels.
static inline __attribute__((always_inline)) void weigh_sums(
    const float *weights, size_t sum_stride, size_t term_stride, const float *terms, size_t term_count,
    size_t width, size_t sums, size_t vectors, int adding, float *target) {
  vector kept[sums_at_once][vectors_at_once] = {};
  if (adding) {
    for (size_t s = 0; s < sums; s++) {
      for (size_t v = 0; v < vectors; v++) kept[s][v] = *(const vector *)(target + s * width + v * lanes);
    }
  }
  for (size_t t = 0; t < term_count; t++) {
    for (size_t v = 0; v < vectors; v++) {
      vector term = *(const vector *)(terms + t * width + v * lanes);
      for (size_t s = 0; s < sums; s++) {
        kept[s][v] += term * weights[s * sum_stride + t * term_stride];
      }
    }
  }
  for (size_t s = 0; s < sums; s++) {
    for (size_t v = 0; v < vectors; v++) *(vector *)(target + s * width + v * lanes) = kept[s][v];
  }
}

static inline __attribute__((always_inline)) void weigh_channels(
    const float *weights, size_t sum_stride, size_t term_stride, const float *terms, size_t term_count,
    size_t width, size_t sum_count, size_t vectors, int adding, float *target) {
  size_t s = 0;
  for (; s + sums_at_once <= sum_count; s += sums_at_once) {
    weigh_sums(
        weights + s * sum_stride, sum_stride, term_stride, terms, term_count, width, sums_at_once,
        vectors, adding, target + s * width);
  }
  for (; s < sum_count; s++) {
    weigh_sums(
        weights + s * sum_stride, sum_stride, term_stride, terms, term_count, width, 1, vectors, adding,
        target + s * width);
  }
}

/// Weighted sums of rows of all channels, terms in order.
static inline __attribute__((always_inline)) void weigh(
    const float *weights, size_t sum_stride, size_t term_stride, const float *terms, size_t term_count,
    size_t width, size_t sum_count, int adding, float *target) {
  size_t i = 0;
  for (; i + vectors_at_once * lanes <= width; i += vectors_at_once * lanes) {
    weigh_channels(
        weights, sum_stride, term_stride, terms + i, term_count, width, sum_count, vectors_at_once,
        adding, target + i);
  }
  for (; i < width; i += lanes) {
    weigh_channels(
        weights, sum_stride, term_stride, terms + i, term_count, width, sum_count, 1, adding,
        target + i);
  }
}
