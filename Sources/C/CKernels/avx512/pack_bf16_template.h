/* Packing for products of bf16 pairs, in the order group, pair of columns, lane, column of the pair;
   one pair of columns of all lanes fills one vector, or one row of an AMX tile.
   SPDX-License-Identifier: Apache-2.0
   The including file has AVX-512 with bf16, LANES 16, and has included matmul_template.h. */
#include "transpose_512.h"

_Static_assert(LANES == 16, "a packed vector holds a pair of columns of 16 rows");

/* 32 columns of one row, rounded to bf16; columns from `count` on are zeros. */
static inline __m512i row_pairs(const float *x, size_t count) {
    __mmask16 low = count >= 16 ? 0xFFFF : (__mmask16)((1u << count) - 1);
    __mmask16 high = count >= 32 ? 0xFFFF : count <= 16 ? 0 : (__mmask16)((1u << (count - 16)) - 1);
    return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + 16),
                                        _mm512_maskz_loadu_ps(low, x));
}

/* If a group has fewer lanes than a vector, later vectors overwrite what an earlier one wrote too much. */
static void pack_group(uint16_t *y, size_t lanes, const float *x, size_t stride, size_t rows,
                       size_t k) {
    size_t padded = padded_columns(k);
    for (size_t column = 0; column < padded; column += 32) {
        __m512i v[LANES];
        size_t count = k - column < 32 ? k - column : 32;
        size_t pairs = (padded - column < 32 ? padded - column : 32) / 2;
        for (size_t lane = 0; lane < LANES; lane++)
            v[lane] = lane < rows ? row_pairs(x + lane * stride + column, count)
                                  : _mm512_setzero_si512();
        transpose_16x16(v);
        for (size_t pair = 0; pair < pairs; pair++)
            _mm512_storeu_si512(y + (column + 2 * pair) * lanes, v[pair]);
    }
}

static void pack(void *packed, const float *x, size_t stride, size_t m, size_t k, size_t from,
                 size_t to) {
    size_t group_stride = LANES * padded_columns(k);
    for (size_t g = from; g < to; g++) {
        size_t rows = m - g * LANES < LANES ? m - g * LANES : LANES;
        pack_group((uint16_t *)packed + g * group_stride, packed_lanes(m), x + g * LANES * stride,
                   stride, rows, k);
    }
}
