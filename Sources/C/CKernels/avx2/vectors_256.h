/* The vectors of AVX2, 256 bits wide, under the names that the templates of products use.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_VECTORS_256_H
#define LLAVA_VECTORS_256_H

#include "../sets.h"
#include <immintrin.h>
#include <string.h>

typedef __m256i ints;
typedef __m256 floats;

INLINE ints ints_at(const void *x) { return _mm256_loadu_si256((const __m256i *)x); }
INLINE ints four_bytes(const void *x) {
    int bytes;
    memcpy(&bytes, x, sizeof bytes);
    return _mm256_set1_epi32(bytes);
}
INLINE ints add_ints(ints a, ints b) { return _mm256_add_epi32(a, b); }
INLINE ints subtract_ints(ints a, ints b) { return _mm256_sub_epi32(a, b); }
INLINE ints times_ints(ints a, ints b) { return _mm256_mullo_epi32(a, b); }
INLINE ints no_ints(void) { return _mm256_setzero_si256(); }
INLINE ints every_int(int i) { return _mm256_set1_epi32(i); }
INLINE ints pair_products(ints a, ints b) { return _mm256_madd_epi16(a, b); }
INLINE ints both(ints a, ints b) { return _mm256_and_si256(a, b); }
INLINE ints either(ints a, ints b) { return _mm256_or_si256(a, b); }
INLINE ints shift_left(ints a, const int bits) { return _mm256_slli_epi32(a, bits); }
INLINE ints shift_right(ints a, const int bits) { return _mm256_srli_epi32(a, bits); }
INLINE ints shift_signed(ints a, const int bits) { return _mm256_srai_epi32(a, bits); }
INLINE floats as_floats(ints a) { return _mm256_cvtepi32_ps(a); }
INLINE floats bits_as_floats(ints a) { return (floats)a; }
INLINE floats no_floats(void) { return _mm256_setzero_ps(); }
INLINE floats floats_at(const float *x) { return _mm256_loadu_ps(x); }
INLINE void store_floats(float *x, floats y) { _mm256_storeu_ps(x, y); }
INLINE floats every_float(float x) { return _mm256_set1_ps(x); }
INLINE floats times_floats(floats a, floats b) { return _mm256_mul_ps(a, b); }
INLINE floats add_product(floats a, floats b, floats y) { return _mm256_fmadd_ps(a, b, y); }
INLINE floats subtract_product(floats a, floats b, floats y) { return _mm256_fnmadd_ps(a, b, y); }
/* The f16 in each lane's lower half, as f32. */
INLINE floats low_halves(ints a) {
    ints low = _mm256_and_si256(a, _mm256_set1_epi32(0xFFFF));
    return _mm256_cvtph_ps(
        _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1)));
}
INLINE floats halves_at(const uint16_t *x) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i_u *)x));
}

/* The 16 bytes of rows r and r + 4. */
INLINE ints two_rows(const uint8_t *x, size_t stride) {
    return _mm256_loadu2_m128i((const __m128i_u *)(x + 4 * stride), (const __m128i_u *)x);
}

/* 16 bytes of each of LANES rows, `stride` apart: bytes 4 j to 4 j + 3 of all in y[j]. */
INLINE void transpose_quads(ints y[4], const uint8_t *x, size_t stride) {
    ints a = two_rows(x, stride), b = two_rows(x + stride, stride);
    ints c = two_rows(x + 2 * stride, stride), d = two_rows(x + 3 * stride, stride);
    ints ab = _mm256_unpacklo_epi32(a, b), cd = _mm256_unpacklo_epi32(c, d);
    y[0] = _mm256_unpacklo_epi64(ab, cd);
    y[1] = _mm256_unpackhi_epi64(ab, cd);
    ab = _mm256_unpackhi_epi32(a, b);
    cd = _mm256_unpackhi_epi32(c, d);
    y[2] = _mm256_unpacklo_epi64(ab, cd);
    y[3] = _mm256_unpackhi_epi64(ab, cd);
}

#endif
