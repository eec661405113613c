/* The tile of products in f32: ROWS weight rows by GROUPS vectors of activation rows, their sums in
   registers. The including file has defined ROWS, GROUPS and LANES, and included the vectors of its
   instruction set (vectors_256.h, vectors_512.h).
   SPDX-License-Identifier: Apache-2.0 */

INLINE void tile(const int groups, float *sums, const float *w, size_t w_stride, const float *x,
                 size_t group_stride, size_t columns, int more) {
    floats sum[ROWS][GROUPS];
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++)
            sum[r][g] = more ? floats_at(sums + (r * groups + g) * LANES) : no_floats();
    for (size_t k = 0; k < columns; k++) {
        floats column[GROUPS];
        for (int g = 0; g < groups; g++)
            column[g] = floats_at(x + (size_t)g * group_stride + k * LANES);
        for (int r = 0; r < ROWS; r++) {
            floats weight = every_float(w[(size_t)r * w_stride + k]);
            for (int g = 0; g < groups; g++) sum[r][g] = add_product(weight, column[g], sum[r][g]);
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int g = 0; g < groups; g++)
            store_floats(sums + (r * groups + g) * LANES, sum[r][g]);
}
