#pragma once

#include <stddef.h>
#include <stdint.h>

/// Widens `count` bfloat16 values to float.
void ck_bfloat16_to_float(const void *source, float *destination, size_t count);

/// Widens `count` IEEE half-precision values to float.
void ck_float16_to_float(const void *source, float *destination, size_t count);
