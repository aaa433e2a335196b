#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ck_conversion.h"
#include "ck_crc32c.h"
#include "ck_narrowing.h"
#include "ck_dequantization.h"
