/* Steps of few_rows_template.h where products are made in f32: `add_pairs`. The including file has
   included the vectors of its instruction set, and defined PAIRS.
   SPDX-License-Identifier: Apache-2.0 */

/* The first of two bf16 columns is the low half of a word: shifted up it is an f32. */
INLINE void add_pairs(const int lanes, const int pairs, floats *sum, const ints v[PAIRS],
                      const float *x) {
    for (int pair = 0; pair < pairs; pair++, x += 2 * lanes) {
        floats first = bits_as_floats(shift_left(v[pair], 16));
        floats second = bits_as_floats(both(v[pair], every_int(-65536)));
        for (int i = 0; i < lanes; i++) sum[i] = add_product(first, every_float(x[i]), sum[i]);
        for (int i = 0; i < lanes; i++)
            sum[i] = add_product(second, every_float(x[lanes + i]), sum[i]);
    }
}
