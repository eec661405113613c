/* Stores the sums of a tile to the output, transposed in 512-bit registers.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_STORE_512_H
#define LLAVA_STORE_512_H

#include "../sets.h"
#include <immintrin.h>

enum { STORED_ROWS = 8, STORED_LANES = 16 };

/* v[0..4): four rows of 16 lanes; then v[j] holds, for each quarter q, lane 4 q + j of all four. */
INLINE void transpose_quarters(__m512i v[4]) {
    __m512i a = _mm512_unpacklo_epi32(v[0], v[1]), b = _mm512_unpackhi_epi32(v[0], v[1]);
    __m512i c = _mm512_unpacklo_epi32(v[2], v[3]), d = _mm512_unpackhi_epi32(v[2], v[3]);
    v[0] = _mm512_unpacklo_epi64(a, c);
    v[1] = _mm512_unpackhi_epi64(a, c);
    v[2] = _mm512_unpacklo_epi64(b, d);
    v[3] = _mm512_unpackhi_epi64(b, d);
}

/* y[16][8] = the transpose of sums[8][16], whose rows are `sums_stride` apart. */
static inline void store_transposed(float *y, size_t y_stride, const float *sums,
                                    size_t sums_stride) {
    for (int row = 0; row < STORED_ROWS; row += 4, y += 4, sums += 4 * sums_stride) {
        __m512i v[4];
        for (int i = 0; i < 4; i++) v[i] = _mm512_loadu_si512(sums + (size_t)i * sums_stride);
        transpose_quarters(v);
        for (size_t i = 0; i < 4; i++) {
            _mm_storeu_si128((__m128i *)(y + i * y_stride), _mm512_castsi512_si128(v[i]));
            _mm_storeu_si128((__m128i *)(y + (4 + i) * y_stride),
                             _mm512_extracti32x4_epi32(v[i], 1));
            _mm_storeu_si128((__m128i *)(y + (8 + i) * y_stride),
                             _mm512_extracti32x4_epi32(v[i], 2));
            _mm_storeu_si128((__m128i *)(y + (12 + i) * y_stride),
                             _mm512_extracti32x4_epi32(v[i], 3));
        }
    }
}

#endif
