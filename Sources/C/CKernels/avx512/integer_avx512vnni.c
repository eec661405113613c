/* Products of block formats by integer activations with AVX-512 and its dot product of bytes: 4
   weight rows by 48 activation rows a tile.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(                                                                     \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c"))),            \
    apply_to = function)
#define F16_IN_HARDWARE
#include <immintrin.h>

enum { ROWS = 4, LANES = 16 };
#define GROUPS 3
#define FEW_INTEGERS 3
#define TURNED_SIGNS
#define FORMAT_TABLE llava_formats_avx512
#define INLINE static inline __attribute__((always_inline))

#include "../integer_tile.h"

typedef __m512i ints;
typedef __m512 floats;

INLINE ints dot(ints sum, ints q, ints x) { return _mm512_dpbusd_epi32(sum, q, x); }
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
INLINE floats as_floats(ints a) { return _mm512_cvtepi32_ps(a); }
INLINE floats floats_at(const float *x) { return _mm512_loadu_ps(x); }
INLINE void store_floats(float *x, floats y) { _mm512_storeu_ps(x, y); }
INLINE floats every_float(float x) { return _mm512_set1_ps(x); }
INLINE floats times_floats(floats a, floats b) { return _mm512_mul_ps(a, b); }
INLINE floats add_product(floats a, floats b, floats y) { return _mm512_fmadd_ps(a, b, y); }
INLINE floats subtract_product(floats a, floats b, floats y) { return _mm512_fnmadd_ps(a, b, y); }

#include "../integer_vnni_template.h"
#include "../avx2/few_integers_256.h"
#include "../integer_template.h"
INTEGER_PRODUCTS(avx512vnni)

#pragma clang attribute pop
#endif
