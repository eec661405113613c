/* Few activation rows in f32, without the bf16 dot product.
   SPDX-License-Identifier: Apache-2.0 */

/* As round_f16, in the upper halves of words. */
static inline __m512i round_half(__m512 x) {
    __m512 wide = _mm512_mul_ps(x, _mm512_set1_ps(65537.0f));
    __m512 rest = _mm512_min_ps(_mm512_sub_ps(wide, x), _mm512_set1_ps(0x1p127f));
    return (__m512i)_mm512_sub_ps(wide, rest);
}

static inline __m512i round_line(__m512 low, __m512 high) {
    static const uint16_t upper[32] = {1,  3,  5,  7,  9,  11, 13, 15, 17, 19, 21,
                                       23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43,
                                       45, 47, 49, 51, 53, 55, 57, 59, 61, 63};
    return _mm512_permutex2var_epi16(round_half(low), _mm512_loadu_si512(upper),
                                     round_half(high));
}

#include "pairs_512.h"

/* Tiles would first need the weights in f32. */
enum { FEW = 16, FEW_BF16 = 16, AT_ONCE = 16, DENSE = 16 };

#include "../f32_pairs_template.h"
#include "../few_rows_template.h"
