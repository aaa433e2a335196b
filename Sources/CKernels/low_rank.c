#include "CKernels.h"

#include "multiversion.h"
#include "vector.h"

typedef uint32_t words __attribute__((vector_size(64), aligned(4)));

enum {
  rows_at_once = 2,
  ranks_at_once = 8,
  vectors_at_once = 2,
};

size_t ck_low_rank_stride(size_t rank) { return (rank + lanes - 1) / lanes * lanes; }

/// The finaliser of MurmurHash3, which lets every bit of a counter reach every bit of the result.
static inline __attribute__((always_inline)) void mix(words *x) {
  *x ^= *x >> 16;
  *x *= 0x85EBCA6Bu;
  *x ^= *x >> 13;
  *x *= 0xC2B2AE35u;
  *x ^= *x >> 16;
}

static inline uint32_t mixed_scalar(uint32_t x) {
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  return x ^ (x >> 16);
}

/// The key of a row's mask.
static inline uint32_t row_key(const ck_dropout *dropout, size_t row) {
  return mixed_scalar(mixed_scalar((uint32_t)row ^ dropout->key[0]) + dropout->key[1]);
}

/// Sixteen columns' factors: 0 or the scale.
static inline __attribute__((always_inline)) void choose(
    const ck_dropout *dropout, uint32_t key, size_t column, vector *factors) {
  words bits = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  bits = (bits + (uint32_t)column) ^ key;
  mix(&bits);
  bits += dropout->key[1];
  mix(&bits);
  vector scale = (vector){} + dropout->scale;
  *factors = (vector)((words)(bits >= dropout->threshold) & (words)scale);
}

static inline float choose_scalar(const ck_dropout *dropout, uint32_t key, size_t column) {
  uint32_t bits = mixed_scalar(mixed_scalar((uint32_t)column ^ key) + dropout->key[1]);
  return bits >= dropout->threshold ? dropout->scale : 0;
}

/// The sum of sixteen floats, in an order of its own.
static inline __attribute__((always_inline)) float sum_of(const vector *value) {
#pragma clang fp reassociate(on)
  const float *values = (const float *)value;
  float sum = 0;
  for (size_t i = 0; i < lanes; i++) sum += values[i];
  return sum;
}

/// Products of `rows` rows with `ranks` rows of weights.
static inline __attribute__((always_inline)) void narrow_rows(
    const float *input, const float *weights, float *output, size_t rows, size_t ranks, size_t width,
    size_t stride, const ck_dropout *dropout, size_t first_row) {
  vector sums[rows_at_once][ranks_at_once] = {};
  size_t whole = width / lanes * lanes;
  uint32_t keys[rows_at_once];
  for (size_t row = 0; row < rows; row++) keys[row] = dropout ? row_key(dropout, first_row + row) : 0;
  for (size_t i = 0; i < whole; i += lanes) {
    vector values[rows_at_once];
    for (size_t row = 0; row < rows; row++) {
      values[row] = *(const vector *)(input + row * width + i);
      if (dropout) {
        vector factors;
        choose(dropout, keys[row], i, &factors);
        values[row] *= factors;
      }
    }
    for (size_t r = 0; r < ranks; r++) {
      vector weight = *(const vector *)(weights + r * width + i);
      for (size_t row = 0; row < rows; row++) sums[row][r] += weight * values[row];
    }
  }
  for (size_t row = 0; row < rows; row++) {
    for (size_t r = 0; r < ranks; r++) {
      float sum = sum_of(&sums[row][r]);
      for (size_t i = whole; i < width; i++) {
        float value = input[row * width + i];
        if (dropout) value *= choose_scalar(dropout, keys[row], i);
        sum += value * weights[r * width + i];
      }
      output[row * stride + r] = sum;
    }
  }
}

/// Products of all rows with `ranks` rows of weights.
static inline __attribute__((always_inline)) void narrow_all(
    const float *input, const float *weights, float *output, size_t row_count, size_t ranks,
    size_t width, size_t stride, const ck_dropout *dropout, size_t first_row) {
  size_t row = 0;
  for (; row + rows_at_once <= row_count; row += rows_at_once) {
    narrow_rows(
        input + row * width, weights, output + row * stride, rows_at_once, ranks, width, stride,
        dropout, first_row + row);
  }
  for (; row < row_count; row++) {
    narrow_rows(
        input + row * width, weights, output + row * stride, 1, ranks, width, stride, dropout,
        first_row + row);
  }
}

CK_MULTIVERSION CK_WIDE
void ck_low_rank_narrow(
    const float *input, const float *weights, float *output, size_t row_count, size_t width,
    size_t rank, const ck_dropout *dropout, size_t first_row) {
  size_t stride = ck_low_rank_stride(rank), r = 0;
  for (; r + ranks_at_once <= rank; r += ranks_at_once) {
    narrow_all(
        input, weights + r * width, output + r, row_count, ranks_at_once, width, stride, dropout,
        first_row);
  }
  for (; r < rank; r++) {
    narrow_all(
        input, weights + r * width, output + r, row_count, 1, width, stride, dropout, first_row);
  }
}

/// Adds products of `rows` rows with `ranks` rows of weights.
static inline __attribute__((always_inline)) void widen_rows(
    const float *narrow, const float *weights, float *output, size_t rows, size_t ranks, size_t width,
    size_t stride, const ck_dropout *dropout, size_t first_row) {
  size_t whole = width / lanes * lanes;
  vector shares[rows_at_once][ranks_at_once];
  uint32_t keys[rows_at_once];
  for (size_t row = 0; row < rows; row++) {
    keys[row] = dropout ? row_key(dropout, first_row + row) : 0;
    for (size_t r = 0; r < ranks; r++) shares[row][r] = (vector){} + narrow[row * stride + r];
  }
  for (size_t i = 0; i < whole; i += lanes) {
    vector sums[rows_at_once] = {};
    for (size_t r = 0; r < ranks; r++) {
      vector weight = *(const vector *)(weights + r * width + i);
      for (size_t row = 0; row < rows; row++) sums[row] += weight * shares[row][r];
    }
    for (size_t row = 0; row < rows; row++) {
      if (dropout) {
        vector factors;
        choose(dropout, keys[row], i, &factors);
        sums[row] *= factors;
      }
      *(vector *)(output + row * width + i) += sums[row];
    }
  }
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = whole; i < width; i++) {
      float sum = 0;
      for (size_t r = 0; r < ranks; r++) sum += weights[r * width + i] * narrow[row * stride + r];
      output[row * width + i] += dropout ? sum * choose_scalar(dropout, keys[row], i) : sum;
    }
  }
}

static inline __attribute__((always_inline)) void widen_all(
    const float *narrow, const float *weights, float *output, size_t row_count, size_t ranks,
    size_t width, size_t stride, const ck_dropout *dropout, size_t first_row) {
  size_t row = 0;
  for (; row + rows_at_once <= row_count; row += rows_at_once) {
    widen_rows(
        narrow + row * stride, weights, output + row * width, rows_at_once, ranks, width, stride,
        dropout, first_row + row);
  }
  for (; row < row_count; row++) {
    widen_rows(
        narrow + row * stride, weights, output + row * width, 1, ranks, width, stride, dropout,
        first_row + row);
  }
}

CK_MULTIVERSION CK_WIDE
void ck_low_rank_widen(
    const float *narrow, const float *weights, float *output, size_t row_count, size_t width,
    size_t rank, const ck_dropout *dropout, size_t first_row) {
  size_t stride = ck_low_rank_stride(rank), r = 0;
  for (; r + ranks_at_once <= rank; r += ranks_at_once) {
    widen_all(
        narrow + r, weights + r * width, output, row_count, ranks_at_once, width, stride, dropout,
        first_row);
  }
  for (; r < rank; r++) {
    widen_all(
        narrow + r, weights + r * width, output, row_count, 1, width, stride, dropout, first_row);
  }
}

/// Sums over rows for eight ranks and some vectors of columns.
static inline __attribute__((always_inline)) void outer_block(
    const float *narrow, size_t stride, const float *wide, float *target, size_t row_count,
    size_t width, size_t ranks, size_t vectors, size_t column, const ck_dropout *dropout) {
  vector sums[ranks_at_once][vectors_at_once] = {};
  for (size_t row = 0; row < row_count; row++) {
    vector values[vectors_at_once];
    uint32_t key = dropout ? row_key(dropout, row) : 0;
    for (size_t v = 0; v < vectors; v++) {
      values[v] = *(const vector *)(wide + row * width + v * lanes);
      if (dropout) {
        vector factors;
        choose(dropout, key, column + v * lanes, &factors);
        values[v] *= factors;
      }
    }
    for (size_t r = 0; r < ranks_at_once; r++) {
      float share = narrow[row * stride + r];
      for (size_t v = 0; v < vectors; v++) sums[r][v] += values[v] * share;
    }
  }
  for (size_t r = 0; r < ranks; r++) {
    for (size_t v = 0; v < vectors; v++) {
      *(vector *)(target + r * width + v * lanes) += sums[r][v];
    }
  }
}

CK_MULTIVERSION CK_WIDE
void ck_low_rank_outer(
    const float *narrow, const float *wide, float *target, size_t row_count, size_t width, size_t rank,
    size_t first_column, size_t column_count, const ck_dropout *dropout) {
  size_t stride = ck_low_rank_stride(rank), end = first_column + column_count;
  for (size_t first = 0; first < rank; first += ranks_at_once) {
    // Ranks beyond the last are zeros of the stride.
    size_t ranks = rank - first < ranks_at_once ? rank - first : ranks_at_once;
    size_t column = first_column;
    for (; column + vectors_at_once * lanes <= end; column += vectors_at_once * lanes) {
      outer_block(
          narrow + first, stride, wide + column, target + first * width + column, row_count, width,
          ranks, vectors_at_once, column, dropout);
    }
    for (; column + lanes <= end; column += lanes) {
      outer_block(
          narrow + first, stride, wide + column, target + first * width + column, row_count, width,
          ranks, 1, column, dropout);
    }
    for (; column < end; column++) {
      for (size_t r = first; r < first + ranks; r++) {
        float sum = 0;
        for (size_t row = 0; row < row_count; row++) {
          float value = wide[row * width + column];
          if (dropout) value *= choose_scalar(dropout, row_key(dropout, row), column);
          sum += narrow[row * stride + r] * value;
        }
        target[r * width + column] += sum;
      }
    }
  }
}
