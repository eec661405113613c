/* The product with AVX-512: register tiles of 8 weight rows by 48 activation rows, whose sums take
   24 of 32 registers. Weights are first converted to f32 in scratch, a cost shared by all activation
   rows; with few activation rows bf16 weights are read in place.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include "vectors_512.h"

enum { ROWS = 8, LANES = 16, K_STEP = 2, ROWS_PER_BLOCK = 64, COLUMNS_PER_BLOCK = 1024 };
#define GROUPS 3
#define WEIGHT_IS_F32 1
#define FORMAT_TABLE llava_formats_avx512
typedef float weight_t;
typedef float packed_t;

#define FEW_ROWS_HEADER "avx512/few_rows_avx512.h"
#define STORE_HEADER "avx512/store_512.h"
#include "../f32_tile_template.h"
#include "../tiles_template.h"
#include "../matmul_template.h"
#include "../pack_f32_template.h"

const llava_product llava_product_avx512_bf16 = {
    LLAVA_BF16, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack_bf16,
    scratch_bytes, multiply_bf16};
const llava_product llava_product_avx512_f32 = {
    LLAVA_F32, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack_f32,
    scratch_bytes, multiply_f32};

#pragma clang attribute pop
#endif
