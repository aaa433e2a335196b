#pragma once

#include <stddef.h>

/// Divides every row by its root mean square.
///
/// `input`, `output`: [row, width]. `output` may be `input`.
void ck_rms_normalize(
    const float *input, float *output, size_t row_count, size_t width, float epsilon);

/// Multiplies every row elementwise by a learned weight.
///
/// `input`, `output`: [row, width]; `weight`: [width]. `output` may be `input`.
void ck_scale_rows(
    const float *input, const float *weight, float *output, size_t row_count, size_t width);

/// The derivative by the input of `ck_rms_normalize`, from the derivative by its output.
///
/// `input`, `gradient`, `input_gradient`: [row, width]. The result is added to `input_gradient` if `adding`
/// is not 0; otherwise it overwrites it, which may be `gradient`.
void ck_rms_normalize_backward(
    const float *input, const float *gradient, float *input_gradient, size_t row_count, size_t width,
    float epsilon, int adding);

/// Adds the derivative by the weight of `ck_scale_rows` for some columns, rows in order.
///
/// `input`, `gradient` (by the output): [row, width]; `weight_gradient`: [width].
void ck_scale_rows_backward(
    const float *input, const float *gradient, float *weight_gradient, size_t row_count, size_t width,
    size_t first_column, size_t column_count);
