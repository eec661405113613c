/* Few activation rows with the bf16 dot product.
   SPDX-License-Identifier: Apache-2.0 */
#include "pairs_512.h"

enum { ROWS_AT_ONCE = 8 }; /* beyond some ten rows the tiles are faster */

static inline __attribute__((always_inline)) void add_pairs(const int m, const int pairs,
                                                            __m512 *sum, const __m512i v[PAIRS],
                                                            const uint16_t *x) {
    for (int pair = 0; pair < pairs; pair++)
        for (int i = 0; i < m; i++)
            sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)v[pair],
                                      pair_of(x + 2 * pair * LANES + 2 * i));
}

#include "few_rows_template.h"
