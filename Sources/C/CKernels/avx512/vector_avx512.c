/* The functions along rows for AVX-512.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include "../vector_template.h"

const llava_format llava_formats_avx512[LLAVA_FORMATS] = FORMATS;
const llava_vectors llava_vectors_avx512 = VECTORS(llava_formats_avx512);

#pragma clang attribute pop
#endif
