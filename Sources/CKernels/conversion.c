#include "CKernels.h"

#include <string.h>

#include "multiversion.h"

CK_MULTIVERSION
void ck_bfloat16_to_float(const void *source, float *destination, size_t count) {
  const unsigned char *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    uint32_t word = (uint32_t)half << 16;
    memcpy(destination + i, &word, 4);
  }
}

CK_MULTIVERSION
void ck_float16_to_float(const void *source, float *destination, size_t count) {
  const unsigned char *bytes = source;
  for (size_t i = 0; i < count; i++) {
    _Float16 half;
    memcpy(&half, bytes + 2 * i, 2);
    destination[i] = (float)half;
  }
}
