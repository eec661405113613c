/* The data of a tile of integer products. The including file has defined LANES, ROWS, GROUPS,
   FEW_INTEGERS and FEW_AT_ONCE (integer_template.h).
   SPDX-License-Identifier: Apache-2.0 */
#include "integer_blocks.h"
#include "pack_integers.h"

/* A tile: ROWS weight rows by up to GROUPS groups of activations, over some blocks. */
typedef struct integer_tile {
    float *sums;             /* [ROWS][groups][LANES] */
    integers w;              /* from its first row on, `blocks` blocks a row */
    activations x[GROUPS];   /* from its first block on */
    size_t group_stride;     /* bytes between the groups' integers */
    size_t blocks;
} integer_tile;

/* Prefetches bytes that are unpacked next: hardware prefetchers do not follow parts of many rows. */
static inline void fetch_ahead(const uint8_t *x, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(x + i, 0, 2);
}
