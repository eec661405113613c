/* Products of quantised weights and integer activations with AVX-512 and its dot product of bytes,
   in tiles of 4 weight rows by 48 activation rows.
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
#define FEW_INTEGERS 32
#define FEW_AT_ONCE 16
#define TURNED_SIGNS
#define FORMAT_TABLE llava_formats_avx512

#include "../integer_tile.h"
#include "vectors_512.h"

INLINE ints dot(ints sum, ints q, ints x) { return _mm512_dpbusd_epi32(sum, q, x); }
INLINE ints turn_signs(ints q) { return _mm512_xor_si512(q, _mm512_set1_epi8((char)0x80)); }

#include "../integer_vnni_template.h"
#include "../few_integers_template.h"
#include "../integer_template.h"
INTEGER_PRODUCTS(avx512vnni)

#pragma clang attribute pop
#endif
