#include "CKernels.h"

#include <string.h>

#include "multiversion.h"

#pragma STDC FP_CONTRACT OFF

enum { BLOCK = 32, HALF_BLOCK = 16 };

static inline float half_at(const uint8_t *bytes) {
  _Float16 half;
  memcpy(&half, bytes, 2);
  return (float)half;
}

static inline uint32_t word_at(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, 4);
  return word;
}

CK_MULTIVERSION
void ck_dequantize_q4_0(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 18, destination += BLOCK) {
    const float scale = half_at(block);
    const uint8_t *quants = block + 2;
    for (int i = 0; i < HALF_BLOCK; i++) {
      destination[i] = scale * (float)((int)(quants[i] & 15) - 8);
      destination[i + HALF_BLOCK] = scale * (float)((int)(quants[i] >> 4) - 8);
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q4_1(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 20, destination += BLOCK) {
    const float scale = half_at(block);
    const float minimum = half_at(block + 2);
    const uint8_t *quants = block + 4;
    for (int i = 0; i < HALF_BLOCK; i++) {
      destination[i] = scale * (float)(quants[i] & 15) + minimum;
      destination[i + HALF_BLOCK] = scale * (float)(quants[i] >> 4) + minimum;
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q5_0(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 22, destination += BLOCK) {
    const float scale = half_at(block);
    const uint32_t high = word_at(block + 2);
    const uint8_t *quants = block + 6;
    for (int i = 0; i < HALF_BLOCK; i++) {
      const int low = (quants[i] & 15) | (int)((high >> i & 1) << 4);
      const int up = (quants[i] >> 4) | (int)((high >> (i + HALF_BLOCK) & 1) << 4);
      destination[i] = scale * (float)(low - 16);
      destination[i + HALF_BLOCK] = scale * (float)(up - 16);
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q5_1(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 24, destination += BLOCK) {
    const float scale = half_at(block);
    const float minimum = half_at(block + 2);
    const uint32_t high = word_at(block + 4);
    const uint8_t *quants = block + 8;
    for (int i = 0; i < HALF_BLOCK; i++) {
      const int low = (quants[i] & 15) | (int)((high >> i & 1) << 4);
      const int up = (quants[i] >> 4) | (int)((high >> (i + HALF_BLOCK) & 1) << 4);
      destination[i] = scale * (float)low + minimum;
      destination[i + HALF_BLOCK] = scale * (float)up + minimum;
    }
  }
}

CK_MULTIVERSION
void ck_dequantize_q8_0(const void *blocks, float *destination, size_t block_count) {
  const uint8_t *block = blocks;
  for (size_t b = 0; b < block_count; b++, block += 34, destination += BLOCK) {
    const float scale = half_at(block);
    const int8_t *quants = (const int8_t *)(block + 2);
    for (int i = 0; i < BLOCK; i++) destination[i] = (float)quants[i] * scale;
  }
}

CK_MULTIVERSION
size_t ck_first_nonfinite(const float *values, size_t count) {
  enum { CHUNK = 4096 };
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t end = count - start < CHUNK ? count : start + CHUNK;
    uint32_t largest = 0;
    for (size_t i = start; i < end; i++) {
      uint32_t word;
      memcpy(&word, values + i, 4);
      word &= 0x7fffffff;
      largest = word > largest ? word : largest;
    }
    if (largest < 0x7f800000) continue;
    for (size_t i = start; i < end; i++) {
      uint32_t word;
      memcpy(&word, values + i, 4);
      if ((word & 0x7fffffff) >= 0x7f800000) return i;
    }
  }
  return count;
}
