#pragma once

#include <stddef.h>
#include <stdint.h>

/// What a conversion met on its way.
typedef struct {
  size_t non_finite;  ///< Source values that were NaN or infinite already.
  size_t overflowed;  ///< Finite source values too large for the destination type, stored as infinity.
} ck_narrowing;

/// Rounds `count` floats to IEEE half precision, nearest, ties to even.
ck_narrowing ck_float_to_float16(const float *source, void *destination, size_t count);

/// Rounds `count` floats to bfloat16, nearest, ties to even.
ck_narrowing ck_float_to_bfloat16(const float *source, void *destination, size_t count);

/// The same without looking at what it met, for values that only a product reads.
void ck_round_to_bfloat16(const float *source, void *destination, size_t count);

/// How many of `count` floats are NaN or infinite.
size_t ck_count_non_finite(const float *source, size_t count);
