/* What becomes of a tile's sums of integers: one step of each chain (scalar/integer_scalar.c has the
   definition). Included once a vector width.
   SPDX-License-Identifier: Apache-2.0

   The including file has defined LANES, GROUPS and ROWS, included integer_tile.h, and defined
   ints and floats, vectors of LANES numbers, and

     ints_at(x), four_bytes(x)       LANES numbers; 4 bytes in every lane
     add_ints, subtract_ints, times_ints, no_ints(), every_int(i)
     pair_products(a, b)     sums of products of pairs of 16-bit numbers
     as_floats(ints), floats_at(x), store_floats(x, y), every_float(x), times_floats
     add_product(a, b, y), subtract_product(a, b, y)         y + a b and y - a b, rounded once */

/* sum [ROWS][groups]: of q times integers over by-32 block b; `taken`: by how much q is too large. */
INLINE void finish_by_32(const int groups, const int taken, const int minimum,
                         const integer_tile *tile, size_t b, ints sum[ROWS][GROUPS]) {
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

/* Sum of least times the activations' sums, over one by-256 block. */
INLINE ints lower_sum(const int16_t *least, const int16_t *sums) {
    ints sum = no_ints();
    for (int pair = 0; pair < PARTS_OF_LARGE / 2; pair++)
        sum = add_ints(sum, pair_products(four_bytes(least + 2 * pair),
                                          ints_at(sums + 2 * pair * LANES)));
    return sum;
}

/* upper [ROWS][groups]: of steps times the parts' sums over by-256 block b. */
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
