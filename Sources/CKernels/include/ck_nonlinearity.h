#pragma once

#include <stddef.h>

/// SiLU-gated product: output = gate / (1 + e^-gate) × linear.
///
/// All: [count]. `output` may be either input.
void ck_gated_silu(const float *gate, const float *linear, float *output, size_t count);
