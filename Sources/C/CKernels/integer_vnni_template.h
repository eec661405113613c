/* Tiles of integer products with an instruction that multiplies unsigned by signed bytes and adds
   four products to a 32-bit sum at once. Included once for each vector width.
   SPDX-License-Identifier: Apache-2.0

   The including file has defined what integer_finish.h requires, and

     dot(sum, q, x)          sum += q . x, by bytes; q unsigned

   Q8_0 has its sign bit flipped: q is 128 too large, which its offset corrects. */
#include "integer_finish.h"

/* sum[ROWS][groups] += products of `steps` steps of 4 columns. */
INLINE void dot_steps(const int groups, const int steps, ints sum[ROWS][GROUPS], const uint8_t *q,
                      size_t stride, const int8_t *x, size_t group_stride) {
    for (int step = 0; step < steps; step++) {
        ints columns[GROUPS];
        for (int g = 0; g < groups; g++)
            columns[g] = ints_at(x + (size_t)g * group_stride + step * LANES * 4);
        for (int r = 0; r < ROWS; r++) {
            ints four = four_bytes(q + (size_t)r * stride + 4 * step);
            for (int g = 0; g < groups; g++) sum[r][g] = dot(sum[r][g], four, columns[g]);
        }
    }
}

INLINE void tile_by_32(const int groups, const int bits, const int offset, const int minimum,
                       const integer_tile *tile) {
    floats y[ROWS][GROUPS];
    load_chains(groups, tile, y);
    for (size_t b = 0; b < tile->blocks; b++) {
        ints sum[ROWS][GROUPS];
        size_t column = b * SMALL_BLOCK;
        for (int g = 0; g < groups; g++) {
            sum[0][g] = sums_before(bits == 8 ? 128 : offset, tile, g, b);
            for (int r = 1; r < ROWS; r++) sum[r][g] = sum[0][g];
        }
        dot_steps(groups, SMALL_BLOCK / 4, sum, tile->w.q + column, tile->w.stride,
                  tile->x[0].q + column * LANES, tile->group_stride);
        finish_by_32(groups, minimum, tile, b, sum, y);
    }
    store_chains(groups, tile, y);
}

/* Each step is the factor of 16 elements in Q6_K, and of 32 in the other formats. */
INLINE void tile_by_256(const int groups, const int bits, const integer_tile *tile) {
    const int columns = bits == 6 ? PART : 2 * PART;
    for (size_t b = 0; b < tile->blocks; b++) {
        ints upper[ROWS][GROUPS], sum[ROWS][GROUPS];
        for (int r = 0; r < ROWS; r++)
            for (int g = 0; g < groups; g++) upper[r][g] = no_ints();
        for (int first = 0; first < LARGE_BLOCK; first += columns) {
            size_t column = b * LARGE_BLOCK + (size_t)first;
            for (int r = 0; r < ROWS; r++)
                for (int g = 0; g < groups; g++) sum[r][g] = no_ints();
            dot_steps(groups, columns / 4, sum, tile->w.q + column, tile->w.stride,
                      tile->x[0].q + column * LANES, tile->group_stride);
            for (int r = 0; r < ROWS; r++) {
                size_t part = ((size_t)r * tile->blocks + b) * PARTS_OF_LARGE + (size_t)first / PART;
                ints step = every_int(tile->w.steps[part]);
                for (int g = 0; g < groups; g++)
                    upper[r][g] = add_ints(upper[r][g], times_ints(sum[r][g], step));
            }
        }
        finish_by_256(groups, tile, b, upper);
    }
}

/* What few_integers_template.h requires. */
INLINE ints dot_bytes(const int bits, ints sum, ints q, ints x) {
    (void)bits;
    return dot(sum, q, x);
}
