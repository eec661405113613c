/* Four numbers at once, in an order of additions that is the same everywhere.
   SPDX-License-Identifier: Apache-2.0

   Every supported processor has 16-byte vectors; wider ones would add in another order. */
#ifndef LLAVA_LANES_H
#define LLAVA_LANES_H

#include "halves.h"

typedef float lanes __attribute__((vector_size(16)));

enum { LANES = 4, SUPER_BLOCK = 256 };

static inline lanes all(float x) { return (lanes){x, x, x, x}; }

static inline float sum_of(lanes x) { return (x[0] + x[1]) + (x[2] + x[3]); }

static inline float least_of(lanes x) {
    float a = x[0] < x[1] ? x[0] : x[1], b = x[2] < x[3] ? x[2] : x[3];
    return a < b ? a : b;
}

static inline float most_of(lanes x) {
    float a = x[0] > x[1] ? x[0] : x[1], b = x[2] > x[3] ? x[2] : x[3];
    return a > b ? a : b;
}

/* Rounds numbers below 2^22 to the nearest integers, ties to even: the sum has no bits for a fraction.
   Larger numbers stay beyond any bound that they are clamped to. */
static inline lanes whole(lanes t) { return (t + all(0x1.8p23f)) - all(0x1.8p23f); }

static inline float rounded(float t) { return (t + 0x1.8p23f) - 0x1.8p23f; }

static inline lanes between(lanes t, lanes low, lanes high) {
    return __builtin_elementwise_min(__builtin_elementwise_max(t, low), high);
}

/* A block of weights as the searches see it. */
typedef struct block {
    lanes x[SUPER_BLOCK / LANES];
    lanes importance[SUPER_BLOCK / LANES];
    float size; /* the largest magnitude */
} block;

static inline void read_block(block *b, const float *x, const float *importance) {
    memcpy(b->x, x, sizeof b->x);
    if (importance) memcpy(b->importance, importance, sizeof b->importance);
    else
        for (int i = 0; i < SUPER_BLOCK / LANES; i++) b->importance[i] = all(1);
    lanes low = b->x[0], high = b->x[0];
    for (int i = 1; i < SUPER_BLOCK / LANES; i++) {
        low = __builtin_elementwise_min(low, b->x[i]);
        high = __builtin_elementwise_max(high, b->x[i]);
    }
    float least = -least_of(low), most = most_of(high);
    b->size = least > most ? least : most;
}

/* Magnitudes that no f16 scale reaches, even with the largest sub-scale and number of any format, and
   those that every scale rounds to 0. Squares of magnitudes between them fit into f32. */
#define TOO_LARGE 1e9f
#define TOO_SMALL 0x1p-26f
/* Differences too small for any scale. */
#define FLAT 0x1p-40f

/* The f16 nearest to `scale` above 0, at least the smallest positive one: 0 would lose everything. */
static inline float usable_scale(float scale) {
    return scale <= F16_STEP ? F16_STEP : rounded_to_f16(scale);
}

#endif
