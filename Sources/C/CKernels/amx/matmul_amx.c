/* The product with AMX tiles: 32 weight rows by 32 activation rows, two by two tiles of sums.
   The weights are the first operand, read in place from row-major memory; the packed activations
   are the second. Tiles are 16 rows of 64 bytes.
   The tile configuration belongs to a thread, so each product loads and releases it: callers need
   no set-up.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,amx-tile,amx-bf16"))), apply_to = function)
#ifdef LLAVA_TILES_HEADER
#include LLAVA_TILES_HEADER
#else
#include "tiles.h"
#endif

enum { ROWS = 32, LANES = 16, K_STEP = 32, ROWS_PER_BLOCK = 64, COLUMNS_PER_BLOCK = 2048 };
#define GROUPS 2
#define WEIGHT_IS_F32 0
#define FORMAT_TABLE llava_formats_avx512
typedef uint16_t weight_t;
typedef uint16_t packed_t;

static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} shape = {.palette = 1,
           .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
           .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

/* Tiles 0 1 2 3 are sums, 4 5 weights, 6 7 activations. */
static void tile_2(float *sums, const weight_t *w, size_t w_stride, const packed_t *x,
                   size_t group_stride, size_t columns, int more) {
    const size_t sum_bytes = 2 * LANES * sizeof(float), w_bytes = w_stride * sizeof(weight_t);
    float *lower = sums + 16 * 2 * LANES;
    if (more) {
        tile_load(0, sums, sum_bytes);
        tile_load(1, sums + LANES, sum_bytes);
        tile_load(2, lower, sum_bytes);
        tile_load(3, lower + LANES, sum_bytes);
    } else {
        tile_clear(0);
        tile_clear(1);
        tile_clear(2);
        tile_clear(3);
    }
    for (size_t k = 0; k < columns; k += K_STEP) {
        tile_load(4, w + k, w_bytes);
        tile_load(6, x + k * LANES, 64);
        tile_load(7, x + group_stride + k * LANES, 64);
        tile_multiply(0, 4, 6);
        tile_multiply(1, 4, 7);
        tile_load(5, w + 16 * w_stride + k, w_bytes);
        tile_multiply(2, 5, 6);
        tile_multiply(3, 5, 7);
    }
    tile_save(0, sums, sum_bytes);
    tile_save(1, sums + LANES, sum_bytes);
    tile_save(2, lower, sum_bytes);
    tile_save(3, lower + LANES, sum_bytes);
}

static void tile_1(float *sums, const weight_t *w, size_t w_stride, const packed_t *x,
                   size_t group_stride, size_t columns, int more) {
    const size_t sum_bytes = LANES * sizeof(float), w_bytes = w_stride * sizeof(weight_t);
    float *lower = sums + 16 * LANES;
    (void)group_stride;
    if (more) {
        tile_load(0, sums, sum_bytes);
        tile_load(2, lower, sum_bytes);
    } else {
        tile_clear(0);
        tile_clear(2);
    }
    for (size_t k = 0; k < columns; k += K_STEP) {
        tile_load(6, x + k * LANES, 64);
        tile_load(4, w + k, w_bytes);
        tile_load(5, w + 16 * w_stride + k, w_bytes);
        tile_multiply(0, 4, 6);
        tile_multiply(2, 5, 6);
    }
    tile_save(0, sums, sum_bytes);
    tile_save(2, lower, sum_bytes);
}

#define STORE_HEADER "avx512/store_512.h"
#include "../matmul_template.h"
#include "../avx512/pack_bf16_template.h"

static void multiply(float *y, size_t y_stride, const void *packed, const llava_weights *w,
                     size_t m, size_t n, size_t k, void *scratch) {
    tiles_configure(&shape);
    multiply_bf16(y, y_stride, packed, w, m, n, k, scratch);
    tiles_release();
}

const llava_product llava_product_amx = {
    LLAVA_BF16, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack,
    scratch_bytes, multiply};

#pragma clang attribute pop
#endif
