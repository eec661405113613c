/* The blocked matrix product, instantiated once for each instruction set.
   SPDX-License-Identifier: Apache-2.0

   The including file defines
     ROWS        weight rows of one register tile
     LANES       activation rows of one packed group (one vector, or one AMX tile)
     GROUPS      groups of one tile, at most 3
     K_STEP      columns of one step of a tile; packed widths are padded to a multiple of it
     weight_t    the type a tile reads: uint16_t (bf16) or float
     WEIGHT_IS_F32   1 for float, 0 for bf16
     ROWS_PER_BLOCK      weight rows of one block, whole tiles
     COLUMNS_PER_BLOCK   columns of a K-block, accumulated before partial sums are spilled
     packed_t    the type of a packed activation
     FORMAT_TABLE    the formats with this instruction set's decoders
     tile_1 .. tile_GROUPS:
       void tile_G(float *sums, const weight_t *w, size_t w_stride, const packed_t *x,
                   size_t group_stride, size_t columns, int more)
         sums[ROWS][G][LANES] (+)= products over `columns`, a multiple of K_STEP; with `more` they
         are added to the sums. Groups of x are group_stride elements apart.

   and may define
     FEW_ROWS_HEADER   a header with few_rows, which computes the same bits in another way for at
                       most FEW rows of x, or FEW_BF16 where the weights are bf16; a packed group
                       then has packed_lanes(m) lanes
     STORE_HEADER      a header with store_transposed, which stores parts of a tile.

   Cache blocking: a block of ROWS_PER_BLOCK x COLUMNS_PER_BLOCK weights stays in the second-level
   cache while all panels of GROUPS groups are multiplied by it. Partial sums are spilled to scratch
   as f32, so that blocking changes no bit. With less than a panel of activations, weights in place
   are read in whole rows, and up to FEW rows of activations take few_rows. */

#include "weights_template.h"

enum {
    MAX_ROWS = 768,
    PANEL = GROUPS * LANES,
};
_Static_assert(ROWS_PER_BLOCK % ROWS == 0, "a block holds whole tiles");
_Static_assert(COLUMNS_PER_BLOCK % K_STEP == 0, "a block holds whole steps");
_Static_assert(MAX_ROWS % PANEL == 0, "a call holds whole panels");

#ifdef STORE_HEADER
#include STORE_HEADER
_Static_assert(LANES == STORED_LANES && ROWS % STORED_ROWS == 0, "a tile is cut into whole pieces");

/* Stores the lanes of whole groups from a tile whose rows are all used; returns their number. */
static size_t store_groups(float *y, size_t y_stride, const float *sums, size_t groups, size_t m) {
    for (size_t g = 0; g < m / LANES; g++)
        for (size_t r = 0; r < ROWS; r += STORED_ROWS)
            store_transposed(y + g * LANES * y_stride + r, y_stride,
                             sums + (r * groups + g) * LANES, groups * LANES);
    return m / LANES * LANES;
}
#endif

/* sums [ROWS][groups][LANES] -> y[lane, row]. */
static void store_tile(float *y, size_t y_stride, const float *sums, size_t groups, size_t m,
                       size_t rows) {
    size_t lane = 0;
#ifdef STORE_HEADER
    if (rows == ROWS) lane = store_groups(y, y_stride, sums, groups, m);
#endif
    for (; lane < m; lane++)
        for (size_t r = 0; r < rows; r++)
            y[lane * y_stride + r] = sums[r * groups * LANES + lane];
}

static void run_tile(size_t groups, float *sums, const weight_t *w, size_t w_stride,
                     const packed_t *x, size_t group_stride, size_t columns, int more) {
    switch (groups) {
    case 1: tile_1(sums, w, w_stride, x, group_stride, columns, more); break;
#if GROUPS >= 2
    case 2: tile_2(sums, w, w_stride, x, group_stride, columns, more); break;
#endif
#if GROUPS >= 3
    case 3: tile_3(sums, w, w_stride, x, group_stride, columns, more); break;
#endif
    }
}

#ifdef FEW_ROWS_HEADER
#include FEW_ROWS_HEADER
#include "multiply_few_template.h"
#else
enum { FEW = 0 };
static size_t few_rows_scratch_bytes(size_t k) { return (void)k, 0; }
static inline size_t packed_lanes(size_t m) { return (void)m, LANES; }
#endif

static size_t packed_bytes(size_t m, size_t k) {
    return (m + LANES - 1) / LANES * LANES * padded_columns(k) * sizeof(packed_t);
}

static size_t scratch_bytes(size_t m, size_t k) {
    size_t lanes = (m + LANES - 1) / LANES * LANES;
    size_t columns = k < COLUMNS_PER_BLOCK ? padded_columns(k) : COLUMNS_PER_BLOCK;
    size_t blocks = ROWS_PER_BLOCK * lanes * sizeof(float)
                  + (size_t)ROWS_PER_BLOCK * (columns + LINE) * sizeof(weight_t);
    size_t few = m <= FEW ? few_rows_scratch_bytes(k) : 0;
    return few > blocks ? few : blocks;
}

/* Columns of one K-block, accumulated before partial sums are spilled. With less than a panel of
   activations the cache has room for whole rows of weights, which are then read sequentially. */
static size_t columns_at_once(const llava_weights *w, size_t row, size_t rows, size_t k,
                              size_t groups, int round) {
    int whole = groups < GROUPS && in_place(w, first_weight(w, row, 0), rows, k, round);
    return whole ? k : COLUMNS_PER_BLOCK;
}

static inline void multiply_blocks(float *y, size_t y_stride, const void *packed,
                                   const llava_weights *w, size_t m, size_t n, size_t k,
                                   void *scratch, int round) {
    size_t groups = (m + LANES - 1) / LANES, group_stride = LANES * padded_columns(k);
    float *sums = scratch;
    weight_t *expanded = (weight_t *)(void *)(sums + ROWS_PER_BLOCK * groups * LANES);
    for (size_t row = 0; row < n; row += ROWS_PER_BLOCK) {
        size_t rows = n - row < ROWS_PER_BLOCK ? n - row : ROWS_PER_BLOCK;
        size_t most = columns_at_once(w, row, rows, k, groups, round);
        for (size_t column = 0; column < k; column += most) {
            size_t columns = k - column < most ? k - column : most;
            int last = column + columns == k;
            block here = weights_block(w, row, rows, column, columns, expanded, round);
            for (size_t g = 0; g < groups; g += GROUPS) {
                size_t wide = groups - g < GROUPS ? groups - g : GROUPS;
                size_t lane = g * LANES, lanes = m - lane < PANEL ? m - lane : PANEL;
                const packed_t *x = (const packed_t *)packed + g * group_stride + column * LANES;
                for (size_t r = 0; r < rows; r += ROWS) {
                    /* Without spilled sums all tiles share one place. */
                    size_t place = most < k ? ROWS_PER_BLOCK * lane + r * wide * LANES : 0;
                    float *tile = sums + place;
                    run_tile(wide, tile, here.data + r * here.stride, here.stride, x, group_stride,
                             padded_columns(columns), column > 0);
                    if (last)
                        store_tile(y + lane * y_stride + row + r, y_stride, tile, wide, lanes,
                                   rows - r < ROWS ? rows - r : ROWS);
                }
            }
        }
    }
}

/* Weights of any type, converted to bf16. */
static void multiply_bf16(float *y, size_t y_stride, const void *packed, const llava_weights *w,
                          size_t m, size_t n, size_t k, void *scratch) {
#ifdef FEW_ROWS_HEADER
    if (m <= (w->element == LLAVA_BF16 ? FEW_BF16 : FEW)) {
        multiply_few(y, y_stride, packed, w, m, n, k, scratch);
        return;
    }
#endif
    multiply_blocks(y, y_stride, packed, w, m, n, k, scratch, 1);
}

#if WEIGHT_IS_F32
/* Weights in their own precision. */
static void multiply_f32(float *y, size_t y_stride, const void *packed, const llava_weights *w,
                         size_t m, size_t n, size_t k, void *scratch) {
    multiply_blocks(y, y_stride, packed, w, m, n, k, scratch, 0);
}
#endif
