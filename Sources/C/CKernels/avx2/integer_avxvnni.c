/* Products of quantised weights and integer activations with AVX2 and the dot product of bytes that
   processors without AVX-512 have, in tiles of 4 weight rows by 16 activation rows.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,avxvnni,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include <immintrin.h>

enum { ROWS = 4, LANES = 8 };
#define GROUPS 2
#define FEW_INTEGERS 4
#define FEW_AT_ONCE 4
#define TURNED_SIGNS
#define FORMAT_TABLE llava_formats_avx2

#include "../integer_tile.h"

#include "vectors_256.h"

INLINE ints dot(ints sum, ints q, ints x) { return _mm256_dpbusd_avx_epi32(sum, q, x); }
INLINE ints turn_signs(ints q) { return _mm256_xor_si256(q, _mm256_set1_epi8((char)0x80)); }

#include "../integer_vnni_template.h"
#include "../few_integers_template.h"
#include "../integer_template.h"
INTEGER_PRODUCTS(avxvnni)

#pragma clang attribute pop
#endif
