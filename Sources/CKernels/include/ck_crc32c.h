#pragma once

#include <stddef.h>
#include <stdint.h>

/// Continues a CRC-32C (Castagnoli) over `count` more bytes; start from 0.
uint32_t ck_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same from a table alone: what runs where the processor has no instruction for it.
uint32_t ck_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

/// The CRC-32C of two byte runs joined, from the CRC of each and the length of the second.
uint32_t ck_crc32c_joined(uint32_t first, uint32_t second, uint64_t second_count);
