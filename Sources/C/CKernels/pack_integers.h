/* Activations quantised to 8-bit integers, with a scale for every 32 or 256 columns of a row and the
   sums that minima multiply. Part of integer_template.h.
   SPDX-License-Identifier: Apache-2.0

   A packed group of `lanes` rows and width k:

     by 32     f32 scales [k/32][lanes]    i32 sums of 32 [k/32][lanes]      i8 [k/4][lanes][4]
     by 256    f32 scales [k/256][lanes]   i16 sums of 16 [k/32][lanes][2]   i8 [k/4][lanes][4]

   The integers are those of integers.h. */
#include "integers.h"

typedef struct activations {
    float *scales;
    void *sums;
    int8_t *q;
} activations;

static inline size_t sums_bytes(size_t lanes, size_t k, int large) {
    return lanes * (large ? k / PART * 2 : k / SMALL_BLOCK * 4);
}

static inline size_t group_bytes(size_t lanes, size_t k, int large) {
    return lanes * (k + k / (large ? LARGE_BLOCK : SMALL_BLOCK) * 4) + sums_bytes(lanes, k, large);
}

static inline activations group_of(const void *packed, size_t group, size_t lanes, size_t k,
                                   int large) {
    char *base = (char *)(uintptr_t)packed + group * group_bytes(lanes, k, large);
    char *sums = base + lanes * (k / (large ? LARGE_BLOCK : SMALL_BLOCK)) * 4;
    return (activations){(float *)(void *)base, sums, (int8_t *)sums + sums_bytes(lanes, k, large)};
}

static inline int integer_sum(const int8_t *q, size_t count) {
    int sum = 0;
    for (size_t i = 0; i < count; i++) sum += q[i];
    return sum;
}

/* Packs one row to its lane; NULL: zeros. */
static inline void pack_integer_lane(const activations *to, size_t lane, size_t lanes,
                                     const float *x, size_t k, int large) {
    size_t block = large ? LARGE_BLOCK : SMALL_BLOCK;
    int8_t q[LARGE_BLOCK] = {0};
    for (size_t b = 0; b < k / block; b++) {
        to->scales[b * lanes + lane] = x ? integers_of(q, x + b * block, block) : 0.0f;
        for (size_t i = 0; i < block; i += 4)
            memcpy(to->q + ((b * block + i) / 4 * lanes + lane) * 4, q + i, 4);
        if (!large) {
            ((int32_t *)to->sums)[b * lanes + lane] = integer_sum(q, SMALL_BLOCK);
            continue;
        }
        for (size_t part = 0; part < PARTS_OF_LARGE; part++) {
            size_t pair = (b * PARTS_OF_LARGE + part) / 2;
            ((int16_t *)to->sums)[(pair * lanes + lane) * 2 + part % 2] =
                (int16_t)integer_sum(q + part * PART, PART);
        }
    }
}

/* Rows for few_integers are packed one by one. */
static inline size_t integer_lanes(size_t m) { return m <= FEW_INTEGERS ? 1 : LANES; }

/* m, rounded up as few_integers multiplies: the rest after multiples of FEW_AT_ONCE to a power of 2. */
static inline size_t few_rows_of(size_t m) {
    size_t whole = m / FEW_AT_ONCE * FEW_AT_ONCE, rest = m - whole, rows = 1;
    while (rows < rest) rows *= 2;
    return rest ? whole + rows : whole;
}

static inline void pack_integers(void *packed, const float *x, size_t stride, size_t m, size_t k,
                                 size_t from, size_t to, int large) {
    size_t lanes = integer_lanes(m);
    for (size_t row = from * LANES; row < to * LANES; row++) {
        if (lanes == 1 && row >= few_rows_of(m)) return;
        activations group = group_of(packed, row / lanes, lanes, k, large);
        pack_integer_lane(&group, row % lanes, lanes, row < m ? x + row * stride : 0, k, large);
    }
}

static void pack_by_32(void *packed, const float *x, size_t stride, size_t m, size_t k, size_t from,
                       size_t to) {
    pack_integers(packed, x, stride, m, k, from, to, 0);
}

static void pack_by_256(void *packed, const float *x, size_t stride, size_t m, size_t k,
                        size_t from, size_t to) {
    pack_integers(packed, x, stride, m, k, from, to, 1);
}

static size_t packed_bytes_by_32(size_t m, size_t k) {
    return (m + LANES - 1) / LANES * group_bytes(LANES, k, 0);
}

static size_t packed_bytes_by_256(size_t m, size_t k) {
    return (m + LANES - 1) / LANES * group_bytes(LANES, k, 1);
}
