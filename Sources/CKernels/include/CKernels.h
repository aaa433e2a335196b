#pragma once

#include "ck_attention.h"
#include "ck_conversion.h"
#include "ck_crc32c.h"
#include "ck_cross_entropy.h"
#include "ck_dequantization.h"
#include "ck_low_rank.h"
#include "ck_narrowing.h"
#include "ck_nonlinearity.h"
#include "ck_normalization.h"
#include "ck_rows.h"
#include "ck_thin_product.h"
#include "ck_threads.h"
