/* Few activation rows with the bf16 dot product.
   SPDX-License-Identifier: Apache-2.0 */

static inline __m512i round_line(__m512 low, __m512 high) {
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

#include "pairs_512.h"

/* With more rows tiles are faster, except for weights that they would need converted first. */
enum { FEW = 16, FEW_BF16 = 8, AT_ONCE = 16, DENSE = 8 };

INLINE void add_pairs(const int lanes, const int pairs, __m512 *sum, const __m512i v[PAIRS],
                      const uint16_t *x) {
    for (int pair = 0; pair < pairs; pair++)
        for (int i = 0; i < lanes; i++)
            sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)v[pair],
                                      pair_of(x + 2 * (pair * lanes + i)));
}

#include "../few_rows_template.h"
