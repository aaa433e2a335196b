#pragma once

#include <stddef.h>
#include <stdint.h>

// Each function decodes `block_count` GGUF blocks that lie end to end, at any alignment, and gives the
// same bits as the format's reference decoder on every instruction set: products and sums are rounded
// separately and in the reference's order.

/// Blocks of 32: half scale, 4-bit values offset by 8. 18 bytes each.
void ck_dequantize_q4_0(const void *blocks, float *destination, size_t block_count);

/// Blocks of 32: half scale and minimum, 4-bit values. 20 bytes each.
void ck_dequantize_q4_1(const void *blocks, float *destination, size_t block_count);

/// Blocks of 32: half scale, 5-bit values offset by 16, fifth bits apart. 22 bytes each.
void ck_dequantize_q5_0(const void *blocks, float *destination, size_t block_count);

/// Blocks of 32: half scale and minimum, 5-bit values, fifth bits apart. 24 bytes each.
void ck_dequantize_q5_1(const void *blocks, float *destination, size_t block_count);

/// Blocks of 32: half scale, signed bytes. 34 bytes each.
void ck_dequantize_q8_0(const void *blocks, float *destination, size_t block_count);

/// Blocks of 256: 16 groups with 4-bit scales and minima, 2-bit values. 84 bytes each.
void ck_dequantize_q2_k(const void *blocks, float *destination, size_t block_count);

/// Blocks of 256: 16 groups with 6-bit scales, 3-bit values, third bits apart. 110 bytes each.
void ck_dequantize_q3_k(const void *blocks, float *destination, size_t block_count);

/// Blocks of 256: 8 groups with 6-bit scales and minima, 4-bit values. 144 bytes each.
void ck_dequantize_q4_k(const void *blocks, float *destination, size_t block_count);

/// Blocks of 256: 8 groups with 6-bit scales and minima, 5-bit values. 176 bytes each.
void ck_dequantize_q5_k(const void *blocks, float *destination, size_t block_count);

/// Blocks of 256: 16 groups with 8-bit scales, 6-bit values offset by 32. 210 bytes each.
void ck_dequantize_q6_k(const void *blocks, float *destination, size_t block_count);

/// The index of the first NaN or infinity, or `count` when there is none.
size_t ck_first_nonfinite(const float *values, size_t count);
