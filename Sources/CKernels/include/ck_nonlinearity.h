#pragma once

#include <stddef.h>

/// SiLU-gated product: output = gate / (1 + e^-gate) × linear.
///
/// All: [count]. `output` may be either input.
void ck_gated_silu(const float *gate, const float *linear, float *output, size_t count);

/// Replaces the inputs of `ck_gated_silu` by the derivatives by them, and the derivative by the output by
/// the output.
///
/// All: [count], apart from each other.
void ck_gated_silu_backward(float *gate, float *linear, float *gradient, size_t count);
