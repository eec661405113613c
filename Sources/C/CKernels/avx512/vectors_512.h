/* The vectors of AVX-512, 512 bits wide, under the names that the templates of products use.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_VECTORS_512_H
#define LLAVA_VECTORS_512_H

#include "../sets.h"
#include <immintrin.h>
#include <string.h>

typedef __m512i ints;
typedef __m512 floats;

INLINE ints ints_at(const void *x) { return _mm512_loadu_si512(x); }
INLINE ints four_bytes(const void *x) {
    int bytes;
    memcpy(&bytes, x, sizeof bytes);
    return _mm512_set1_epi32(bytes);
}
INLINE ints add_ints(ints a, ints b) { return _mm512_add_epi32(a, b); }
INLINE ints subtract_ints(ints a, ints b) { return _mm512_sub_epi32(a, b); }
INLINE ints times_ints(ints a, ints b) { return _mm512_mullo_epi32(a, b); }
INLINE ints no_ints(void) { return _mm512_setzero_si512(); }
INLINE ints every_int(int i) { return _mm512_set1_epi32(i); }
INLINE ints pair_products(ints a, ints b) { return _mm512_madd_epi16(a, b); }
INLINE ints both(ints a, ints b) { return _mm512_and_si512(a, b); }
INLINE ints either(ints a, ints b) { return _mm512_or_si512(a, b); }
INLINE ints shift_left(ints a, const int bits) { return _mm512_slli_epi32(a, (unsigned)bits); }
INLINE ints shift_right(ints a, const int bits) { return _mm512_srli_epi32(a, (unsigned)bits); }
INLINE ints shift_signed(ints a, const int bits) { return _mm512_srai_epi32(a, (unsigned)bits); }
INLINE floats as_floats(ints a) { return _mm512_cvtepi32_ps(a); }
INLINE floats bits_as_floats(ints a) { return (floats)a; }
INLINE floats no_floats(void) { return _mm512_setzero_ps(); }
INLINE floats floats_at(const float *x) { return _mm512_loadu_ps(x); }
INLINE void store_floats(float *x, floats y) { _mm512_storeu_ps(x, y); }
INLINE floats every_float(float x) { return _mm512_set1_ps(x); }
INLINE floats times_floats(floats a, floats b) { return _mm512_mul_ps(a, b); }
INLINE floats add_product(floats a, floats b, floats y) { return _mm512_fmadd_ps(a, b, y); }
INLINE floats subtract_product(floats a, floats b, floats y) { return _mm512_fnmadd_ps(a, b, y); }
/* The f16 in each lane's lower half, as f32. */
INLINE floats low_halves(ints a) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(a)); }
INLINE floats halves_at(const uint16_t *x) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i_u *)x));
}

INLINE __m128i bytes_at(const uint8_t *x) { return _mm_loadu_si128((const __m128i_u *)x); }

/* The 16 bytes of rows r, r + 4, r + 8 and r + 12. */
INLINE ints four_rows(const uint8_t *x, size_t stride) {
    ints rows = _mm512_castsi128_si512(bytes_at(x));
    rows = _mm512_inserti32x4(rows, bytes_at(x + 4 * stride), 1);
    rows = _mm512_inserti32x4(rows, bytes_at(x + 8 * stride), 2);
    return _mm512_inserti32x4(rows, bytes_at(x + 12 * stride), 3);
}

/* 16 bytes of each of LANES rows, `stride` apart: bytes 4 j to 4 j + 3 of all in y[j]. */
INLINE void transpose_quads(ints y[4], const uint8_t *x, size_t stride) {
    ints a = four_rows(x, stride), b = four_rows(x + stride, stride);
    ints c = four_rows(x + 2 * stride, stride), d = four_rows(x + 3 * stride, stride);
    ints ab = _mm512_unpacklo_epi32(a, b), cd = _mm512_unpacklo_epi32(c, d);
    y[0] = _mm512_unpacklo_epi64(ab, cd);
    y[1] = _mm512_unpackhi_epi64(ab, cd);
    ab = _mm512_unpackhi_epi32(a, b);
    cd = _mm512_unpackhi_epi32(c, d);
    y[2] = _mm512_unpacklo_epi64(ab, cd);
    y[3] = _mm512_unpackhi_epi64(ab, cd);
}

#endif
