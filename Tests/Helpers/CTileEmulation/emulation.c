/* matmul_amx.c compiled over the emulated tiles, its product under another name.
   SPDX-License-Identifier: Apache-2.0 */
#include "include/CTileEmulation.h"
#include <stddef.h>

#if defined(__x86_64__)
#define LLAVA_TILES_HEADER "../../../../Tests/Helpers/CTileEmulation/emulated_tiles.h"
#define llava_product_amx emulated_product
#include "../../../Sources/C/CKernels/amx/matmul_amx.c"
#undef llava_product_amx

const llava_product *emulated_amx_product(void) {
    return __builtin_cpu_supports("avx512bf16") ? &emulated_product : NULL;
}
int emulated_tiles_are_released(void) { return emulated_now.palette == 0; }
#else
const llava_product *emulated_amx_product(void) { return NULL; }
int emulated_tiles_are_released(void) { return 1; }
#endif
