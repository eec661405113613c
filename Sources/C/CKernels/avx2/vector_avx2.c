/* The functions along rows for AVX2 and FMA.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include "../vector_template.h"

const llava_format llava_formats_avx2[LLAVA_FORMATS] = FORMATS;
const llava_vectors llava_vectors_avx2 = VECTORS(llava_formats_avx2);

#pragma clang attribute pop
#endif
