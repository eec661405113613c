/* The AMX product with its tile instructions emulated, for machines without them.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef CTILE_EMULATION_H
#define CTILE_EMULATION_H

#include "../../../../Sources/C/CKernels/include/CKernels.h"

/* The product of matmul_amx.c; NULL where AVX-512 with bf16, which packs for it, is missing. */
const llava_product *emulated_amx_product(void);

/* Whether this thread has released its tiles. */
int emulated_tiles_are_released(void);

#endif
