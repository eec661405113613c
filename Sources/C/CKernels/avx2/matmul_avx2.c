/* The product with AVX2 and FMA: 6 weight rows by 16 activation rows a tile, 12 of 16 registers
   hold sums. (With 4 by 24 compilers run out of registers, which halves the speed.) Weights become
   f32 in scratch first, a cost shared by all activation rows; few rows of them read bf16 in place.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include <immintrin.h>

enum { ROWS = 6, LANES = 8, K_STEP = 2, ROWS_PER_BLOCK = 48, COLUMNS_PER_BLOCK = 1024 };
#define GROUPS 2
#define WEIGHT_IS_F32 1
#define FORMAT_TABLE llava_formats_avx2
typedef float weight_t;
typedef float packed_t;

static inline __attribute__((always_inline)) void tile(const int groups, float *sums,
                                                       const float *w, size_t w_stride,
                                                       const float *x, size_t group_stride,
                                                       size_t columns, int more) {
    __m256 sum[ROWS][GROUPS];
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++)
            sum[r][g] = more ? _mm256_loadu_ps(sums + (r * groups + g) * LANES)
                             : _mm256_setzero_ps();
    for (size_t k = 0; k < columns; k++) {
        __m256 column[GROUPS];
        for (int g = 0; g < groups; g++)
            column[g] = _mm256_loadu_ps(x + (size_t)g * group_stride + k * LANES);
        for (int r = 0; r < ROWS; r++) {
            __m256 weight = _mm256_broadcast_ss(w + (size_t)r * w_stride + k);
            for (int g = 0; g < groups; g++)
                sum[r][g] = _mm256_fmadd_ps(weight, column[g], sum[r][g]);
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++)
            _mm256_storeu_ps(sums + (r * groups + g) * LANES, sum[r][g]);
}

#define FEW_ROWS_HEADER "few_rows_256.h"
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
