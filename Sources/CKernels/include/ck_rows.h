#pragma once

#include <stddef.h>

/// Adds a bias to every row in place.
///
/// `rows`: [row, width]; `bias`: [width].
void ck_add_bias(float *rows, const float *bias, size_t row_count, size_t width);

/// Adds the derivative by the bias of `ck_add_bias`: the sum of all rows, in order, for some columns.
///
/// `rows`: [row, width]; `target`: [width].
void ck_add_row_sums(
    const float *rows, float *target, size_t row_count, size_t width, size_t first_column,
    size_t column_count);

/// target += addend, elementwise.
void ck_add(float *target, const float *addend, size_t count);

/// target += scale × addend, elementwise.
void ck_add_scaled(float *target, const float *addend, float scale, size_t count);

/// Dot product of two vectors.
float ck_dot(const float *left, const float *right, size_t count);
