/* The instruction sets that this processor and this kernel support.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_CPU_H
#define LLAVA_CPU_H

enum {
    CPU_AVX2 = 1,       /* AVX2, FMA and F16C */
    CPU_AVX512 = 2,     /* F, BW, DQ, VL */
    CPU_AVX512BF16 = 4,
    CPU_AMX_BF16 = 8,   /* tiles, with the kernel's permission to use them */
    CPU_AVX_VNNI = 16,  /* dot products of bytes, in addition to AVX2 */
    CPU_AVX512_VNNI = 32,
};

/* The bits of this machine. Requests the tile registers from the kernel if the processor has them. */
unsigned llava_cpu_features(void);

#endif
