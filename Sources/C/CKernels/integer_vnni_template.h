/* Tiles of integer products with an instruction that multiplies unsigned by signed bytes and adds
   four products to 32 bits at once. Included once a vector width.
   SPDX-License-Identifier: Apache-2.0

   The including file has defined LANES, GROUPS and ROWS, included integer_tile.h, and defined
   ints and floats, vectors of LANES numbers, and

     dot(sum, q, x)          sum += q . x, by bytes; q unsigned
     ints_at(x), four_bytes(x)       LANES numbers; 4 bytes in every lane
     add_ints, subtract_ints, times_ints, no_ints(), every_int(i)
     pair_products(a, b)     sums of products of pairs of 16-bit numbers
     as_floats(ints), floats_at(x), store_floats(x, y), every_float(x), times_floats
     add_product(a, b, y), subtract_product(a, b, y)         y + a b and y - a b, rounded once

   Q8_0 comes with its sign turned: q is 128 too large, which its offset takes away. */

/* sum[ROWS][groups] = products of `steps` steps of 4 columns. */
INLINE void dot_steps(const int groups, const int steps, ints sum[ROWS][GROUPS], const uint8_t *q,
                      size_t stride, const int8_t *x, size_t group_stride) {
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++) sum[r][g] = no_ints();
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
    const int taken = bits == 8 ? 128 : offset;
    for (size_t b = 0; b < tile->blocks; b++) {
        ints sum[ROWS][GROUPS];
        size_t column = b * SMALL_BLOCK;
        dot_steps(groups, SMALL_BLOCK / 4, sum, tile->w.q + column, tile->w.stride,
                  tile->x[0].q + column * LANES, tile->group_stride);
        for (int g = 0; g < groups; g++) {
            floats scale = floats_at(tile->x[g].scales + b * LANES);
            ints s = ints_at((const int32_t *)tile->x[g].sums + b * LANES);
            ints less = times_ints(s, every_int(taken));
            for (int r = 0; r < ROWS; r++) {
                size_t place = (size_t)r * tile->blocks + b;
                float *to = tile->sums + (r * groups + g) * LANES;
                ints u = taken ? subtract_ints(sum[r][g], less) : sum[r][g];
                floats step = times_floats(every_float(tile->w.scales[place]), scale);
                floats y = add_product(as_floats(u), step, floats_at(to));
                if (minimum) {
                    floats least = times_floats(every_float(tile->w.minima[place]), scale);
                    y = add_product(as_floats(s), least, y);
                }
                store_floats(to, y);
            }
        }
    }
}

/* Sum of least times the activations' sums, over one by-256 block. */
INLINE ints lower_sum(const int16_t *least, const int16_t *sums) {
    ints sum = no_ints();
    for (int pair = 0; pair < PARTS_OF_LARGE / 2; pair++)
        sum = add_ints(sum, pair_products(four_bytes(least + 2 * pair),
                                          ints_at(sums + 2 * pair * LANES)));
    return sum;
}

INLINE void finish_by_256(const int groups, const integer_tile *tile, size_t b,
                          ints upper[ROWS][GROUPS]) {
    for (int g = 0; g < groups; g++) {
        const int16_t *sums = (const int16_t *)tile->x[g].sums + b * PARTS_OF_LARGE * LANES;
        floats scale = floats_at(tile->x[g].scales + b * LANES);
        for (int r = 0; r < ROWS; r++) {
            size_t place = (size_t)r * tile->blocks + b;
            float *to = tile->sums + (r * groups + g) * LANES;
            floats step = times_floats(every_float(tile->w.scales[place]), scale);
            floats least = times_floats(every_float(tile->w.minima[place]), scale);
            ints lower = lower_sum(tile->w.least + place * PARTS_OF_LARGE, sums);
            floats y = add_product(as_floats(upper[r][g]), step, floats_at(to));
            store_floats(to, subtract_product(as_floats(lower), least, y));
        }
    }
}

/* Steps are those of 16 elements in Q6_K, of 32 in the others. */
INLINE void tile_by_256(const int groups, const int bits, const integer_tile *tile) {
    const int columns = bits == 6 ? PART : 2 * PART;
    for (size_t b = 0; b < tile->blocks; b++) {
        ints upper[ROWS][GROUPS], sum[ROWS][GROUPS];
        for (int r = 0; r < ROWS; r++)
            for (int g = 0; g < groups; g++) upper[r][g] = no_ints();
        for (int first = 0; first < LARGE_BLOCK; first += columns) {
            size_t column = b * LARGE_BLOCK + (size_t)first;
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
