#include "CKernels.h"

#include <string.h>

#include "multiversion.h"

#pragma STDC FP_CONTRACT OFF

enum { BLOCK = 256 };

static inline float half_at(const uint8_t *bytes) {
  _Float16 half;
  memcpy(&half, bytes, 2);
  return (float)half;
}

// The eight 6-bit scales and minima of Q4_K and Q5_K, packed in 12 bytes: the first four of each
// in the low bits of bytes 0-3 and 4-7, the last four split between bytes 8-11 and the high bits.
static inline void unpack_scales(const uint8_t *packed, uint8_t *scales, uint8_t *minima) {
  for (int i = 0; i < 4; i++) {
    scales[i] = packed[i] & 63;
    minima[i] = packed[i + 4] & 63;
    scales[i + 4] = (packed[i + 8] & 15) | (packed[i] >> 2 & 48);
    minima[i + 4] = (packed[i + 8] >> 4) | (packed[i + 4] >> 2 & 48);
  }
}

CK_MULTIVERSION
void ck_dequantize_q2_k(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 84, destination += BLOCK) {
    const uint8_t *scales = block;
    const uint8_t *quants = block + 16;
    const float scale = half_at(block + 80);
    const float minimum = half_at(block + 82);
    for (int group = 0; group < 16; group++) {
      const float factor = scale * (float)(scales[group] & 15);
      const float offset = minimum * (float)(scales[group] >> 4);
      const uint8_t *source = quants + 32 * (group / 8) + 16 * (group % 2);
      const int shift = 2 * (group % 8 / 2);
      for (int i = 0; i < 16; i++) {
        destination[16 * group + i] = factor * (float)(source[i] >> shift & 3) - offset;
      }
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q3_k(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 110, destination += BLOCK) {
    const uint8_t *high = block;
    const uint8_t *quants = block + 32;
    const uint8_t *packed = block + 96;
    const float scale = half_at(block + 108);
    for (int group = 0; group < 16; group++) {
      const int low_bits = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
      const int high_bits = packed[8 + group % 4] >> (2 * (group / 4)) & 3;
      const float factor = scale * (float)((low_bits | high_bits << 4) - 32);
      const uint8_t *source = quants + 32 * (group / 8) + 16 * (group % 2);
      const uint8_t *mask = high + 16 * (group % 2);
      const int shift = 2 * (group % 8 / 2);
      const int bit = group / 2;
      for (int i = 0; i < 16; i++) {
        const int quant = (source[i] >> shift & 3) - ((mask[i] >> bit & 1) ? 0 : 4);
        destination[16 * group + i] = factor * (float)quant;
      }
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q4_k(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 144, destination += BLOCK) {
    const float scale = half_at(block);
    const float minimum = half_at(block + 2);
    const uint8_t *quants = block + 16;
    uint8_t scales[8], minima[8];
    unpack_scales(block + 4, scales, minima);
    for (int group = 0; group < 8; group++) {
      const float factor = scale * (float)scales[group];
      const float offset = minimum * (float)minima[group];
      const uint8_t *source = quants + 32 * (group / 2);
      const int shift = 4 * (group % 2);
      for (int i = 0; i < 32; i++) {
        destination[32 * group + i] = factor * (float)(source[i] >> shift & 15) - offset;
      }
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q5_k(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 176, destination += BLOCK) {
    const float scale = half_at(block);
    const float minimum = half_at(block + 2);
    const uint8_t *high = block + 16;
    const uint8_t *quants = block + 48;
    uint8_t scales[8], minima[8];
    unpack_scales(block + 4, scales, minima);
    for (int group = 0; group < 8; group++) {
      const float factor = scale * (float)scales[group];
      const float offset = minimum * (float)minima[group];
      const uint8_t *source = quants + 32 * (group / 2);
      const int shift = 4 * (group % 2);
      for (int i = 0; i < 32; i++) {
        const int quant = (source[i] >> shift & 15) | (high[i] >> group & 1) << 4;
        destination[32 * group + i] = factor * (float)quant - offset;
      }
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q6_k(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 210, destination += BLOCK) {
    const uint8_t *low = block;
    const uint8_t *high = block + 128;
    const int8_t *scales = (const int8_t *)(block + 192);
    const float scale = half_at(block + 208);
    for (int group = 0; group < 16; group++) {
      const float factor = scale * (float)scales[group];
      const int row = group / 2;
      const int column = 16 * (group % 2);
      const uint8_t *low_source = low + 64 * (row / 4) + 32 * (row % 2) + column;
      const uint8_t *high_source = high + 32 * (row / 4) + column;
      const int low_shift = 4 * (row % 4 / 2);
      const int high_shift = 2 * (row % 4);
      for (int i = 0; i < 16; i++) {
        const int quant =
            (low_source[i] >> low_shift & 15) | (high_source[i] >> high_shift & 3) << 4;
        destination[16 * group + i] = factor * (float)(quant - 32);
      }
    }
  }
}
