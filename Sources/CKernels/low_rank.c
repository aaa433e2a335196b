#include "CKernels.h"

#include "multiversion.h"
#include "vector.h"

typedef uint32_t words __attribute__((vector_size(64), aligned(4)));

enum {
  rows_at_once = 8,
  ranks_at_once = 8,
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

/// Narrows `rows` rows to one vector of ranks.
static inline __attribute__((always_inline)) void narrow_rows(
    const float *input, const float *weights, float *output, size_t rows, size_t width,
    size_t stride) {
  vector sums[rows_at_once] = {};
  for (size_t i = 0; i < width; i++) {
    vector weight = *(const vector *)(weights + i * stride);
    for (size_t row = 0; row < rows; row++) sums[row] += weight * input[row * width + i];
  }
  for (size_t row = 0; row < rows; row++) *(vector *)(output + row * stride) = sums[row];
}

static inline __attribute__((always_inline)) void narrow_dropped(
    const float *input, const float *weights, float *output, size_t width, size_t stride,
    const ck_dropout *dropout, uint32_t key) {
  vector sum = {};
  for (size_t i = 0; i < width; i += lanes) {
    vector factors;
    choose(dropout, key, i, &factors);
    size_t end = width - i < lanes ? width - i : lanes;
    for (size_t j = 0; j < end; j++) {
      sum += *(const vector *)(weights + (i + j) * stride) * (input[i + j] * factors[j]);
    }
  }
  *(vector *)output = sum;
}

CK_MULTIVERSION CK_WIDE
void ck_low_rank_narrow(
    const float *input, const float *weights, float *output, size_t row_count, size_t width,
    size_t rank, const ck_dropout *dropout, size_t first_row) {
  size_t stride = ck_low_rank_stride(rank);
  for (size_t part = 0; part < stride; part += lanes) {
    size_t row = 0;
    if (!dropout) {
      for (; row + rows_at_once <= row_count; row += rows_at_once) {
        narrow_rows(
            input + row * width, weights + part, output + row * stride + part, rows_at_once, width,
            stride);
      }
    }
    for (; row < row_count; row++) {
      const float *from = input + row * width;
      float *to = output + row * stride + part;
      if (dropout) {
        narrow_dropped(
            from, weights + part, to, width, stride, dropout, row_key(dropout, first_row + row));
      } else {
        narrow_rows(from, weights + part, to, 1, width, stride);
      }
    }
  }
}

CK_MULTIVERSION CK_WIDE
void ck_low_rank_widen(
    const float *narrow, const float *weights, float *output, size_t row_count, size_t width,
    size_t rank, const ck_dropout *dropout, size_t first_row) {
  size_t stride = ck_low_rank_stride(rank), whole = width / lanes * lanes;
  for (size_t row = 0; row < row_count; row++) {
    const float *from = narrow + row * stride;
    float *to = output + row * width;
    uint32_t key = dropout ? row_key(dropout, first_row + row) : 0;
    for (size_t i = 0; i < whole; i += lanes) {
      vector sum = {};
      for (size_t r = 0; r < rank; r++) sum += *(const vector *)(weights + r * width + i) * from[r];
      if (dropout) {
        vector factors;
        choose(dropout, key, i, &factors);
        sum *= factors;
      }
      *(vector *)(to + i) += sum;
    }
    for (size_t i = whole; i < width; i++) {
      float sum = 0;
      for (size_t r = 0; r < rank; r++) sum += weights[r * width + i] * from[r];
      to[i] += dropout ? sum * choose_scalar(dropout, key, i) : sum;
    }
  }
}

/// Sums over rows for eight ranks and sixteen columns.
static inline __attribute__((always_inline)) void outer_block(
    const float *narrow, size_t stride, const float *wide, float *target, size_t row_count,
    size_t width, size_t ranks, size_t column, const ck_dropout *dropout) {
  vector sums[ranks_at_once] = {};
  for (size_t row = 0; row < row_count; row++) {
    vector value = *(const vector *)(wide + row * width);
    if (dropout) {
      vector factors;
      choose(dropout, row_key(dropout, row), column, &factors);
      value *= factors;
    }
    for (size_t r = 0; r < ranks_at_once; r++) sums[r] += value * narrow[row * stride + r];
  }
  for (size_t r = 0; r < ranks; r++) *(vector *)(target + r * width) += sums[r];
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
    for (; column + lanes <= end; column += lanes) {
      outer_block(
          narrow + first, stride, wide + column, target + first * width + column, row_count, width,
          ranks, column, dropout);
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
