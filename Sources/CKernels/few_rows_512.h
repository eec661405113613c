/* Few activation rows in f32, without the bf16 dot product.
   SPDX-License-Identifier: Apache-2.0 */
#include "pairs_512.h"

enum { ROWS_AT_ONCE = 16 }; /* tiles would need the weights in f32 first */

/* The first of two bf16 columns is the low half of a word: shifted up it is an f32. */
static inline __attribute__((always_inline)) void add_pairs(const int m, const int pairs,
                                                            __m512 *sum, const __m512i v[PAIRS],
                                                            const float *x) {
    for (int pair = 0; pair < pairs; pair++, x += 2 * LANES) {
        __m512 first = (__m512)_mm512_slli_epi32(v[pair], 16);
        __m512 second = (__m512)_mm512_and_si512(v[pair], _mm512_set1_epi32(-65536));
        for (int i = 0; i < m; i++)
            sum[i] = _mm512_fmadd_ps(first, _mm512_set1_ps(x[i]), sum[i]);
        for (int i = 0; i < m; i++)
            sum[i] = _mm512_fmadd_ps(second, _mm512_set1_ps(x[LANES + i]), sum[i]);
    }
}

#include "few_rows_template.h"
