#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ck_conversion.h"
#include "ck_dequantization.h"
