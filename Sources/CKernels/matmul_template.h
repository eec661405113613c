/* The blocked product, instantiated once an instruction set.
   SPDX-License-Identifier: Apache-2.0

   The including file defines
     ROWS        weight rows of one tile
     LANES       activation rows of one packed group (one vector, or one AMX tile)
     GROUPS      groups of one tile, at most 4
     K_STEP      columns that one step of a tile consumes; packed widths are padded to it
     weight_t    the type a tile reads: uint16_t (bf16) or float
     WEIGHT_IS_F32   1 or 0, which of the two
     ROWS_PER_BLOCK      weight rows of one block, whole tiles
     COLUMNS_PER_BLOCK   columns that pass before sums rest
     packed_t    the type of a packed activation
     tile_1 .. tile_GROUPS:
       void tile_G(float *sums, const weight_t *w, size_t w_stride, const packed_t *x,
                   size_t group_stride, size_t columns, int more)
         sums[ROWS][G][LANES] (+)= products over `columns`, a multiple of K_STEP; `more` continues
         the sums that are there. Groups of x lie group_stride elements apart.

   and may define
     FEW_ROWS_HEADER   a header with few_rows, another way to the same bits for at most FEW_ROWS
                       rows of x
     STORE_HEADER      a header with store_transposed, which stores pieces of a tile.

   Blocks: ROWS_PER_BLOCK x COLUMNS_PER_BLOCK weights and one panel of GROUPS groups stay in the
   second-level cache while every panel passes. Sums that wait for more columns rest in scratch as
   f32, so that blocking changes no bit. Less than a panel of activations lets weights in place pass
   whole rows at a time, and up to FEW_ROWS of them take few_rows. */

#include "convert.h"
#include <string.h>

enum {
    MAX_ROWS = 768,
    PANEL = GROUPS * LANES,
    LINE = 64 / sizeof(weight_t), /* expanded rows lie a cache line off a power of two, whose rows
                                     would share one set of the cache */
};
_Static_assert(ROWS_PER_BLOCK % ROWS == 0, "a block holds whole tiles");
_Static_assert(COLUMNS_PER_BLOCK % K_STEP == 0, "a block holds whole steps");
_Static_assert(MAX_ROWS % PANEL == 0, "a call holds whole panels");

static inline size_t padded_columns(size_t k) { return (k + K_STEP - 1) / K_STEP * K_STEP; }

static size_t packed_bytes(size_t m, size_t k) {
    return (m + LANES - 1) / LANES * LANES * padded_columns(k) * sizeof(packed_t);
}

static size_t scratch_bytes(size_t m) {
    size_t lanes = (m + LANES - 1) / LANES * LANES;
    return ROWS_PER_BLOCK * lanes * sizeof(float)
         + (size_t)ROWS_PER_BLOCK * (COLUMNS_PER_BLOCK + LINE) * sizeof(weight_t);
}

#if WEIGHT_IS_F32
static inline weight_t weight_from(float x, int round) {
    return round ? bf16_to_f32(f32_to_bf16(x)) : x;
}
#else
static inline weight_t weight_from(float x, int round) {
    (void)round;
    return f32_to_bf16(x);
}
#endif

/* y[0..columns) = weights of any type as weight_t, through bf16 where `round`;
   y[columns..padded) = 0. */
static inline void expand(weight_t *y, const void *x, llava_element element, size_t columns,
                          size_t padded, int round) {
    if (element == LLAVA_BF16 && !WEIGHT_IS_F32) {
        memcpy(y, x, columns * sizeof(weight_t));
    } else if (element == LLAVA_BF16) {
        for (size_t i = 0; i < columns; i++) y[i] = weight_from(bf16_to_f32(half_at(x, i)), 0);
    } else if (element == LLAVA_F16) {
        for (size_t i = 0; i < columns; i++) y[i] = weight_from(f16_to_f32(half_at(x, i)), round);
    } else {
        for (size_t i = 0; i < columns; i++) y[i] = weight_from(float_at(x, i), round);
    }
    memset(y + columns, 0, (padded - columns) * sizeof(weight_t));
}

static inline const char *first_weight(const llava_weights *w, size_t row, size_t column) {
    static const size_t width[] = {4, 2, 2};
    return (const char *)w->data + row * w->row_bytes + column * width[w->element];
}

/* Whether tiles can read these weights where they are: already weight_t, whole tiles of rows and
   whole steps of columns. */
static inline int in_place(const llava_weights *w, const char *first, size_t rows, size_t columns,
                           int round) {
    int readable = WEIGHT_IS_F32 ? w->element == LLAVA_F32 && !round : w->element == LLAVA_BF16;
    int aligned = w->row_bytes % sizeof(weight_t) == 0 && (uintptr_t)first % sizeof(weight_t) == 0;
    return readable && aligned && rows % ROWS == 0 && columns % K_STEP == 0;
}

/* The weights of one block as tiles read them: in place, or copied to scratch with missing rows as
   zeros. */
typedef struct block {
    const weight_t *data;
    size_t stride;
} block;

static block weights_block(const llava_weights *w, size_t row, size_t rows, size_t column,
                           size_t columns, weight_t *scratch, int round) {
    const char *first = first_weight(w, row, column);
    if (in_place(w, first, rows, columns, round))
        return (block){(const weight_t *)(const void *)first, w->row_bytes / sizeof(weight_t)};
    size_t padded = padded_columns(columns), whole = (rows + ROWS - 1) / ROWS * ROWS;
    size_t stride = padded + LINE;
    for (size_t r = 0; r < rows; r++)
        expand(scratch + r * stride, first + r * w->row_bytes, w->element, columns, padded, round);
    for (size_t r = rows; r < whole; r++)
        memset(scratch + r * stride, 0, padded * sizeof(weight_t));
    return (block){scratch, stride};
}

#ifdef STORE_HEADER
#include STORE_HEADER
_Static_assert(LANES == STORED_LANES && ROWS % STORED_ROWS == 0, "a tile is cut into whole pieces");

/* As many lanes as go by whole groups, from a tile of which all rows count: how many those are. */
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
#if GROUPS >= 4
    case 4: tile_4(sums, w, w_stride, x, group_stride, columns, more); break;
#endif
    }
}

#ifdef FEW_ROWS_HEADER
#include FEW_ROWS_HEADER

_Static_assert(FEW_ROWS <= PANEL, "few rows fit into one panel");

/* A block for few activation rows, without scratch; 0 when it does not suit: weights that are not
   bf16, many activation rows, no whole vectors of weight rows. */
static inline int multiply_few(float *y, size_t y_stride, const packed_t *x,
                               const llava_weights *w, size_t row, size_t m, size_t rows,
                               size_t k) {
    const char *first = first_weight(w, row, 0);
    if (m > FEW_ROWS || rows % FEW_LANES != 0 || k % 2 != 0) return 0;
    if (w->element != LLAVA_BF16 || w->row_bytes % 2 != 0 || (uintptr_t)first % 2 != 0) return 0;
    few_rows(m, y, y_stride, rows, (const uint16_t *)(const void *)first, w->row_bytes / 2, x, k);
    return 1;
}
#endif

/* Columns that pass before sums rest. Less than a panel of activations leaves room in the cache for
   whole rows of weights, which then are read in the order in which they lie. */
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
#ifdef FEW_ROWS_HEADER
        if (multiply_few(y + row, y_stride, packed, w, row, m, rows, k)) continue;
#endif
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
                    /* Where nothing has to rest one tile's place serves all. */
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

/* Weights of any type used as bf16. */
static void multiply_bf16(float *y, size_t y_stride, const void *packed, const llava_weights *w,
                          size_t m, size_t n, size_t k, void *scratch) {
    multiply_blocks(y, y_stride, packed, w, m, n, k, scratch, 1);
}

#if WEIGHT_IS_F32
/* Weights used as they are. */
static void multiply_f32(float *y, size_t y_stride, const void *packed, const llava_weights *w,
                         size_t m, size_t n, size_t k, void *scratch) {
    multiply_blocks(y, y_stride, packed, w, m, n, k, scratch, 0);
}
#endif
