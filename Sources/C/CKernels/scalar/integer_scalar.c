/* The definition of products of quantised weights and integer activations.
   SPDX-License-Identifier: Apache-2.0

   With u the sum of q times the activations' integers over one block, and s the sum of the
   activations' integers, both exact, every result is one chain over blocks in their order, from 0:

     by 32     y = fma(u - offset s, d a, y), then with a minimum y = fma(s, m a, y)
     by 256    y = fma(sum over parts of step u, d a, y), then y = fma(-(sum of least s), dmin a, y)

   where a is the scale of the activations' block. Integers are rounded to the nearest f32, ties to even. */
#include "../sets.h"
#include <math.h>

enum { ROWS = 4, LANES = 4 };
#define GROUPS 1
#define FEW_INTEGERS 0
#define FEW_AT_ONCE 1
#define FORMAT_TABLE llava_formats

#include "../integer_tile.h"

/* Sum over `count` elements of q times the integers of one lane. */
static int products(const uint8_t *q, int bits, const int8_t *x, size_t lane, size_t count) {
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int element = bits == 8 ? (int8_t)q[i] : q[i];
        sum += element * x[(i / 4 * LANES + lane) * 4 + i % 4];
    }
    return sum;
}

static void tile_by_32(int groups, int bits, int offset, int minimum, const integer_tile *tile) {
    (void)groups;
    const activations *x = &tile->x[0];
    for (size_t r = 0; r < ROWS; r++)
        for (size_t lane = 0; lane < LANES; lane++) {
            float y = tile->sums[r * LANES + lane];
            for (size_t b = 0; b < tile->blocks; b++) {
                size_t place = r * tile->blocks + b;
                float a = x->scales[b * LANES + lane];
                int s = ((const int32_t *)x->sums)[b * LANES + lane];
                int u = products(tile->w.q + r * tile->w.stride + b * SMALL_BLOCK, bits,
                                 x->q + b * SMALL_BLOCK * LANES, lane, SMALL_BLOCK);
                y = fmaf((float)(u - offset * s), tile->w.scales[place] * a, y);
                if (minimum) y = fmaf((float)s, tile->w.minima[place] * a, y);
            }
            tile->sums[r * LANES + lane] = y;
        }
}

static void tile_by_256(int groups, int bits, const integer_tile *tile) {
    (void)groups;
    const activations *x = &tile->x[0];
    for (size_t r = 0; r < ROWS; r++)
        for (size_t lane = 0; lane < LANES; lane++) {
            float y = tile->sums[r * LANES + lane];
            for (size_t b = 0; b < tile->blocks; b++) {
                size_t place = r * tile->blocks + b;
                const uint8_t *q = tile->w.q + r * tile->w.stride + b * LARGE_BLOCK;
                const int16_t *sums = x->sums;
                int upper = 0, lower = 0;
                for (size_t part = 0; part < PARTS_OF_LARGE; part++) {
                    size_t element = b * LARGE_BLOCK + part * PART;
                    size_t pair = b * PARTS_OF_LARGE / 2 + part / 2;
                    upper += tile->w.steps[place * PARTS_OF_LARGE + part]
                           * products(q + part * PART, bits, x->q + element * LANES, lane, PART);
                    lower += tile->w.least[place * PARTS_OF_LARGE + part]
                           * sums[(pair * LANES + lane) * 2 + part % 2];
                }
                float a = x->scales[b * LANES + lane];
                y = fmaf((float)upper, tile->w.scales[place] * a, y);
                y = fmaf(-(float)lower, tile->w.minima[place] * a, y);
            }
            tile->sums[r * LANES + lane] = y;
        }
}

#include "../integer_template.h"
INTEGER_PRODUCTS(scalar)
