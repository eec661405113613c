/* The vectors of integer products, 256 bits wide (integer_finish.h).
   SPDX-License-Identifier: Apache-2.0 */

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
INLINE floats as_floats(ints a) { return _mm256_cvtepi32_ps(a); }
INLINE floats floats_at(const float *x) { return _mm256_loadu_ps(x); }
INLINE void store_floats(float *x, floats y) { _mm256_storeu_ps(x, y); }
INLINE floats every_float(float x) { return _mm256_set1_ps(x); }
INLINE floats times_floats(floats a, floats b) { return _mm256_mul_ps(a, b); }
INLINE floats add_product(floats a, floats b, floats y) { return _mm256_fmadd_ps(a, b, y); }
INLINE floats subtract_product(floats a, floats b, floats y) { return _mm256_fnmadd_ps(a, b, y); }
