/* The product with the bf16 dot product: register tiles of 8 weight rows by 48 activation rows. A
   pair of weights is broadcast from the memory-mapped file; a vector holds the pairs of 16
   activation rows. vdpbf16ps adds two products at a time to the f32 sum and flushes subnormals.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include "vectors_512.h"

enum { ROWS = 8, LANES = 16, K_STEP = 2, ROWS_PER_BLOCK = 64, COLUMNS_PER_BLOCK = 2048 };
#define GROUPS 3
#define WEIGHT_IS_F32 0
#define FORMAT_TABLE llava_formats_avx512
typedef uint16_t weight_t;
typedef uint16_t packed_t;

INLINE __m512bh pair_of(const uint16_t *w) {
    int32_t pair;
    memcpy(&pair, w, sizeof pair);
    return (__m512bh)_mm512_set1_epi32(pair);
}

INLINE void tile(const int groups, float *sums, const uint16_t *w, size_t w_stride,
                 const uint16_t *x, size_t group_stride, size_t columns, int more) {
    __m512 sum[ROWS][GROUPS];
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++)
            sum[r][g] = more ? _mm512_loadu_ps(sums + (r * groups + g) * LANES)
                             : _mm512_setzero_ps();
    for (size_t k = 0; k < columns; k += 2) {
        /* With few activation rows memory is the limit: prefetch the next tile's weights in the
           order of memory, a cache line for every 4 columns of 8 rows. */
        if (groups < GROUPS && k % 4 == 0)
            _mm_prefetch((const char *)(w + ROWS * (w_stride + k)), _MM_HINT_T1);
        __m512bh column[GROUPS];
        for (int g = 0; g < groups; g++)
            column[g] = (__m512bh)_mm512_loadu_si512(x + (size_t)g * group_stride + k * LANES);
        for (int r = 0; r < ROWS; r++) {
            __m512bh weight = pair_of(w + (size_t)r * w_stride + k);
            /* The weight is the last operand: only that one can be a broadcast from memory. */
            for (int g = 0; g < groups; g++)
                sum[r][g] = _mm512_dpbf16_ps(sum[r][g], column[g], weight);
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++)
            _mm512_storeu_ps(sums + (r * groups + g) * LANES, sum[r][g]);
}

#define FEW_ROWS_HEADER "avx512/few_rows_avx512bf16.h"
#define STORE_HEADER "avx512/store_512.h"
#include "../tiles_template.h"
#include "../matmul_template.h"
#include "pack_bf16_template.h"

const llava_product llava_product_avx512bf16 = {
    LLAVA_BF16, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack,
    scratch_bytes, multiply_bf16};

#pragma clang attribute pop
#endif
