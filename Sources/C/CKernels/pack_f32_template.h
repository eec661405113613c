/* Packing for products whose packed activations are f32, in the order group, column, lane.
   SPDX-License-Identifier: Apache-2.0
   The including file has defined LANES and included matmul_template.h. */

enum { PACKED_AT_ONCE = 64 }; /* columns, whose packed lines stay in the first-level cache */

/* Packs some columns of one row to its lane. */
static inline void pack_lane(float *y, size_t lanes, const float *x, size_t count, int round) {
    float values[PACKED_AT_ONCE];
    for (size_t i = 0; i < count; i++)
        values[i] = round ? bf16_to_f32(f32_to_bf16(x[i])) : x[i];
    for (size_t i = 0; i < count; i++) y[i * lanes] = values[i];
}

static void pack_group(float *y, size_t lanes, const float *x, size_t stride, size_t rows, size_t k,
                       int round) {
    size_t padded = padded_columns(k), filled = rows < lanes ? 0 : k;
    memset(y + filled * lanes, 0, (padded - filled) * lanes * sizeof(float));
    for (size_t column = 0; column < k; column += PACKED_AT_ONCE) {
        size_t count = k - column < PACKED_AT_ONCE ? k - column : PACKED_AT_ONCE;
        for (size_t lane = 0; lane < rows; lane++)
            pack_lane(y + column * lanes + lane, lanes, x + lane * stride + column, count, round);
    }
}

static void pack_groups(void *packed, size_t lanes, const float *x, size_t stride, size_t m,
                        size_t k, size_t from, size_t to, int round) {
    size_t group_stride = LANES * padded_columns(k);
    for (size_t g = from; g < to; g++) {
        size_t rows = m - g * LANES < LANES ? m - g * LANES : LANES;
        pack_group((float *)packed + g * group_stride, lanes, x + g * LANES * stride, stride, rows,
                   k, round);
    }
}

/* Rounded to bf16 but stored as f32: the values are those of bf16 activations. */
static void pack_bf16(void *packed, const float *x, size_t stride, size_t m, size_t k, size_t from,
                      size_t to) {
    pack_groups(packed, packed_lanes(m), x, stride, m, k, from, to, 1);
}

static void pack_f32(void *packed, const float *x, size_t stride, size_t m, size_t k, size_t from,
                     size_t to) {
    pack_groups(packed, LANES, x, stride, m, k, from, to, 0);
}
