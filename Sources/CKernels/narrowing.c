#include "CKernels.h"

#include <string.h>

#include "multiversion.h"

// Integer arithmetic throughout, not the processor's conversions: the bits must be the same on every
// machine, those of a NaN included, because a store's bytes depend on what was captured alone.

enum {
  float_infinity = 0x7F800000,
  float_quiet_bit = 0x00400000,
  half_infinity = 0x7C00,
  half_quiet_bit = 0x0200,
  // 2^-14, the smallest normal half, and 2^16, beyond every half, as float bits.
  float_smallest_normal_half = 0x38800000,
  float_beyond_half = 0x47800000,
  // Half's exponent bias less float's, in float's exponent field.
  rebias = (127 - 15) << 23,
};

static inline uint32_t float_bits(const float *value) {
  uint32_t bits;
  memcpy(&bits, value, 4);
  return bits;
}

/// `magnitude` are the bits of a float without its sign.
static inline uint32_t half_magnitude(uint32_t magnitude) {
  uint32_t normal = (magnitude - rebias + 0x0FFF + ((magnitude >> 13) & 1)) >> 13;

  // Adding 0.5 moves a subnormal half's last place onto the float's last place, so the addition
  // itself rounds to nearest even; what is above 0.5's bits afterwards is the half.
  float shifted;
  memcpy(&shifted, &magnitude, 4);
  shifted += 0.5f;
  uint32_t subnormal = float_bits(&shifted) - 0x3F000000;

  uint32_t nan = half_infinity | half_quiet_bit | ((magnitude >> 13) & 0x01FF);
  uint32_t half = magnitude < float_smallest_normal_half ? subnormal : normal;
  half = magnitude >= float_beyond_half ? half_infinity : half;
  return magnitude > float_infinity ? nan : half;
}

CK_MULTIVERSION
ck_narrowing ck_float_to_float16(const float *source, void *destination, size_t count) {
  unsigned char *bytes = destination;
  uint64_t non_finite = 0, infinite = 0, source_infinite = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t word = float_bits(source + i);
    uint32_t magnitude = word & 0x7FFFFFFF;
    uint16_t half = (uint16_t)half_magnitude(magnitude);
    non_finite += magnitude >= float_infinity;
    source_infinite += magnitude == float_infinity;
    infinite += half == half_infinity;
    half |= (uint16_t)((word >> 16) & 0x8000);
    memcpy(bytes + 2 * i, &half, 2);
  }
  return (ck_narrowing){.non_finite = non_finite, .overflowed = infinite - source_infinite};
}

/// `word` are the bits of a float.
static inline uint16_t bfloat16(uint32_t word) {
  uint32_t rounded = (word + 0x7FFF + ((word >> 16) & 1)) >> 16;
  uint32_t nan = (word | float_quiet_bit) >> 16;
  return (uint16_t)((word & 0x7FFFFFFF) > float_infinity ? nan : rounded);
}

CK_MULTIVERSION
void ck_round_to_bfloat16(const float *source, void *destination, size_t count) {
  unsigned char *bytes = destination;
  CK_IN_PLACE
  for (size_t i = 0; i < count; i++) {
    uint16_t half = bfloat16(float_bits(source + i));
    memcpy(bytes + 2 * i, &half, 2);
  }
}

CK_MULTIVERSION
ck_narrowing ck_float_to_bfloat16(const float *source, void *destination, size_t count) {
  unsigned char *bytes = destination;
  uint64_t non_finite = 0, infinite = 0, source_infinite = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t word = float_bits(source + i);
    uint32_t magnitude = word & 0x7FFFFFFF;
    uint16_t half = bfloat16(word);
    non_finite += magnitude >= float_infinity;
    source_infinite += magnitude == float_infinity;
    infinite += (half & 0x7FFF) == float_infinity >> 16;
    memcpy(bytes + 2 * i, &half, 2);
  }
  return (ck_narrowing){.non_finite = non_finite, .overflowed = infinite - source_infinite};
}

CK_MULTIVERSION
size_t ck_count_non_finite(const float *source, size_t count) {
  uint64_t non_finite = 0;
  for (size_t i = 0; i < count; i++) {
    non_finite += (float_bits(source + i) & 0x7FFFFFFF) >= float_infinity;
  }
  return non_finite;
}
