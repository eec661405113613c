/* What this processor and this kernel let us use.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_CPU_H
#define LLAVA_CPU_H

enum {
    CPU_AVX2 = 1,       /* AVX2, FMA and F16C */
    CPU_AVX512 = 2,     /* F, BW, DQ, VL */
    CPU_AVX512BF16 = 4,
    CPU_AMX_BF16 = 8,   /* tiles, with the kernel's permission to use them */
    CPU_AVX_VNNI = 16,  /* dot products of bytes, beside AVX2 */
    CPU_AVX512_VNNI = 32,
};

/* The bits that hold here. Asks the kernel for the tile registers when the processor has them. */
unsigned llava_cpu_features(void);

#endif
