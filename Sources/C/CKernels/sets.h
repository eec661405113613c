/* The parts that each instruction set offers; kernels.c puts the sets together.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_SETS_H
#define LLAVA_SETS_H

#include "include/CKernels.h"

/* Kernels are cut into functions that the compiler has to join again: their constants fold then. */
#define INLINE static inline __attribute__((always_inline))

extern const llava_product llava_product_scalar_bf16, llava_product_scalar_f32;
extern const llava_product llava_product_scalar_by_32, llava_product_scalar_by_256;
extern const llava_vectors llava_vectors_scalar;

#if defined(__x86_64__)
extern const llava_product llava_product_avx2_bf16, llava_product_avx2_f32;
extern const llava_product llava_product_avx2_by_32, llava_product_avx2_by_256;
extern const llava_product llava_product_avxvnni_by_32, llava_product_avxvnni_by_256;
extern const llava_product llava_product_avx512vnni_by_32, llava_product_avx512vnni_by_256;
extern const llava_product llava_product_avx512_bf16, llava_product_avx512_f32;
extern const llava_product llava_product_avx512bf16, llava_product_amx;
extern const llava_vectors llava_vectors_avx2, llava_vectors_avx512;
extern const llava_format llava_formats_avx2[LLAVA_FORMATS], llava_formats_avx512[LLAVA_FORMATS];
#endif

#endif
