/* The product with AVX2 and FMA: register tiles of 6 weight rows by 16 activation rows, whose sums
   take 12 of 16 registers. (With 4 by 24 compilers run out of registers, which halves the speed.)
   Weights are first converted to f32 in scratch, a cost shared by all activation rows; with few
   activation rows bf16 weights are read in place.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include "vectors_256.h"

enum { ROWS = 6, LANES = 8, K_STEP = 2, ROWS_PER_BLOCK = 48, COLUMNS_PER_BLOCK = 1024 };
#define GROUPS 2
#define WEIGHT_IS_F32 1
#define FORMAT_TABLE llava_formats_avx2
typedef float weight_t;
typedef float packed_t;

#define FEW_ROWS_HEADER "avx2/few_rows_avx2.h"
#include "../f32_tile_template.h"
#include "../tiles_template.h"
#include "../matmul_template.h"
#include "../pack_f32_template.h"

const llava_product llava_product_avx2_bf16 = {
    LLAVA_BF16, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack_bf16,
    scratch_bytes, multiply_bf16};
const llava_product llava_product_avx2_f32 = {
    LLAVA_F32, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack_f32,
    scratch_bytes, multiply_f32};

#pragma clang attribute pop
#endif
