/* The end of a tile of integer sums: one step of each chain (scalar/integer_scalar.c has the
   definition). Included once for each vector width.
   SPDX-License-Identifier: Apache-2.0

   The including file has defined LANES, GROUPS and ROWS, included integer_tile.h, and defined
   ints and floats, vectors of LANES numbers, and

     ints_at(x), four_bytes(x)       LANES numbers; 4 bytes in every lane
     add_ints, subtract_ints, times_ints, no_ints(), every_int(i)
     pair_products(a, b)     sums of products of pairs of 16-bit numbers
     as_floats(ints), floats_at(x), store_floats(x, y), every_float(x), times_floats
     add_product(a, b, y), subtract_product(a, b, y)         y + a b and y - a b, rounded once */

/* The initial sums over by-32 block b of activations, which correct a q that is too large by `taken`. */
INLINE ints sums_before(const int taken, const integer_tile *tile, int g, size_t b) {
    ints s = ints_at((const int32_t *)tile->x[g].sums + b * LANES);
    return taken ? subtract_ints(no_ints(), times_ints(s, every_int(taken))) : no_ints();
}

/* sum [ROWS][groups]: integer sums over by-32 block b; y [ROWS][groups]: the chains. */
INLINE void finish_by_32(const int groups, const int minimum, const integer_tile *tile, size_t b,
                         ints sum[ROWS][GROUPS], floats y[ROWS][GROUPS]) {
    for (int g = 0; g < groups; g++) {
        floats scale = floats_at(tile->x[g].scales + b * LANES);
        ints s = ints_at((const int32_t *)tile->x[g].sums + b * LANES);
        for (int r = 0; r < ROWS; r++) {
            size_t place = (size_t)r * tile->blocks + b;
            floats step = times_floats(every_float(tile->w.scales[place]), scale);
            y[r][g] = add_product(as_floats(sum[r][g]), step, y[r][g]);
            if (!minimum) continue;
            floats least = times_floats(every_float(tile->w.minima[place]), scale);
            y[r][g] = add_product(as_floats(s), least, y[r][g]);
        }
    }
}

/* Loads the tile's chains, which stay in registers while its blocks are added, and stores them. */
INLINE void load_chains(const int groups, const integer_tile *tile, floats y[ROWS][GROUPS]) {
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++) y[r][g] = floats_at(tile->sums + (r * groups + g) * LANES);
}

INLINE void store_chains(const int groups, const integer_tile *tile, floats y[ROWS][GROUPS]) {
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++) store_floats(tile->sums + (r * groups + g) * LANES, y[r][g]);
}

/* The sum of least times the activations' sums, over one by-256 block. */
INLINE ints lower_sum(const int16_t *least, const int16_t *sums) {
    ints sum = no_ints();
    for (int pair = 0; pair < PARTS_OF_LARGE / 2; pair++)
        sum = add_ints(sum, pair_products(four_bytes(least + 2 * pair),
                                          ints_at(sums + 2 * pair * LANES)));
    return sum;
}

/* upper [ROWS][groups]: sums of steps times the parts' sums over by-256 block b. */
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
