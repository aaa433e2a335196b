#pragma once

#include <stddef.h>
#include <stdint.h>

/// Which elements of a matrix are dropped; each depends on its row and column and the key alone.
typedef struct {
  uint32_t key[2];
  /// An element is kept where its 32 random bits are not below this.
  uint32_t threshold;
  /// What kept elements are multiplied by.
  float scale;
} ck_dropout;

/// The floats that `rank` values of a row take in the narrow side of a low-rank product: a multiple of 16.
size_t ck_low_rank_stride(size_t rank);

/// Narrows rows: output = dropped(input) × weightsᵀ.
///
/// `input`: [row, width]; `weights`: [rank, width]; `output`: [row, stride], overwritten up to the rank;
/// `dropout` may be null; `first_row`: the number of the first row in the mask.
void ck_low_rank_narrow(
    const float *input, const float *weights, float *output, size_t row_count, size_t width,
    size_t rank, const ck_dropout *dropout, size_t first_row);

/// Widens rows: output += dropped(narrow × weights).
///
/// `narrow`: [row, stride]; `weights`: [rank, width]; `output`: [row, width].
void ck_low_rank_widen(
    const float *narrow, const float *weights, float *output, size_t row_count, size_t width,
    size_t rank, const ck_dropout *dropout, size_t first_row);

/// Adds narrowᵀ × dropped(wide) for some columns, rows in order.
///
/// `narrow`: [row, stride]; `wide`: [row, width]; `target`: [rank, width].
void ck_low_rank_outer(
    const float *narrow, const float *wide, float *target, size_t row_count, size_t width, size_t rank,
    size_t first_column, size_t column_count, const ck_dropout *dropout);
