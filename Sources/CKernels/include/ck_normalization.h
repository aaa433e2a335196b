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
