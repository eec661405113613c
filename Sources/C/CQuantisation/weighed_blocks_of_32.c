/* Blocks of 32 elements with one scale, searched for the smallest sum of weighted squared errors.
   SPDX-License-Identifier: Apache-2.0

   As for the blocks with scales of scales: from several initial scales, the numbers and the best scale for
   them are updated in turn; every scale is rounded to f16 before its error is measured. */
#include "weighed_blocks_of_32.h"

#include "lanes.h"

enum { BLOCK = 32, BLOCK_LANES = BLOCK / LANES, TURNS = 3 };

/* Largest number of f16. */
#define LARGEST_HALF 65504.0f

typedef struct weighed {
    lanes x[BLOCK_LANES], w[BLOCK_LANES];
    float least, most; /* of x */
} weighed;

/* Sums over the elements, each weighted by its importance. */
typedef struct sums {
    float w, x, q, qq, qx;
} sums;

/* x = scale q + minimum. */
typedef struct line {
    float scale, minimum;
} line;

static void read_weighed(weighed *b, const float *x, const float *importance) {
    memcpy(b->x, x, sizeof b->x);
    memcpy(b->w, importance, sizeof b->w);
    lanes low = b->x[0], high = b->x[0];
    for (int i = 1; i < BLOCK_LANES; i++) {
        low = __builtin_elementwise_min(low, b->x[i]);
        high = __builtin_elementwise_max(high, b->x[i]);
    }
    b->least = least_of(low);
    b->most = most_of(high);
}

static inline float magnitude(float x) { return x < 0 ? -x : x; }

/* Whether a scale can be a divisor and is an f16. */
static inline int is_usable(float scale) {
    return magnitude(scale) >= F16_STEP && magnitude(scale) <= LARGEST_HALF;
}

/* The error of a line with numbers from `low` to `high`, and the sums for a better one. */
static float measure(const weighed *b, line line, float low, float high, sums *sum) {
    lanes scale = all(line.scale), inverse = all(1.0f / line.scale), minimum = all(line.minimum);
    lanes error = all(0), w1 = all(0), x1 = all(0), q1 = all(0), qq = all(0), qx = all(0);
    for (int i = 0; i < BLOCK_LANES; i++) {
        lanes q = between(whole((b->x[i] - minimum) * inverse), all(low), all(high));
        lanes off = (q * scale + minimum) - b->x[i], wq = b->w[i] * q;
        error += b->w[i] * off * off;
        w1 += b->w[i];
        x1 += b->w[i] * b->x[i];
        q1 += wq;
        qq += wq * q;
        qx += wq * b->x[i];
    }
    *sum = (sums){sum_of(w1), sum_of(x1), sum_of(q1), sum_of(qq), sum_of(qx)};
    return sum_of(error);
}

/* The error of a block as it is encoded. */
static float error_of(const weighed *b, const uint8_t *q, line line) {
    lanes error = all(0);
    for (int i = 0; i < BLOCK_LANES; i++) {
        const uint8_t *at = q + LANES * i;
        lanes numbers = {at[0], at[1], at[2], at[3]};
        lanes off = (numbers * all(line.scale) + all(line.minimum)) - b->x[i];
        error += b->w[i] * off * off;
    }
    return sum_of(error);
}

/* The numbers of a line, from `low` on, as 0 and more. */
static void number(uint8_t *q, const weighed *b, line line, float low, float high) {
    for (int i = 0; i < BLOCK_LANES; i++) {
        lanes numbers =
            between(whole((b->x[i] - all(line.minimum)) * all(1.0f / line.scale)), all(low), all(high));
        for (int lane = 0; lane < LANES; lane++) q[LANES * i + lane] = (uint8_t)(numbers[lane] - low);
    }
}

static inline int is_searched(const weighed *b) {
    return b->most - b->least > FLAT && magnitude(b->least) < TOO_LARGE && b->most < TOO_LARGE;
}

void llava_improve_centred(uint8_t *q, uint16_t *scale, const float *x, const float *importance,
                           int half) {
    weighed b;
    read_weighed(&b, x, importance);
    if (!is_searched(&b)) return;
    float extreme = b.most > -b.least ? b.most : b.least, step = (float)half / 64.0f;
    line given = {from_f16(*scale), -(float)half * from_f16(*scale)}, found = {0, 0};
    float best = error_of(&b, q, given);
    /* The number for the extreme element, with a scale of the opposite sign or of the same. */
    for (int sign = -1; sign <= 1; sign += 2)
        for (int place = -10; place <= 8; place++) {
            line tried = {extreme / ((float)sign * ((float)half + (float)place * step)), 0};
            for (int turn = 0; turn < TURNS; turn++) {
                sums sum;
                tried.scale = rounded_to_f16(tried.scale);
                if (!is_usable(tried.scale)) break;
                float error = measure(&b, tried, (float)-half, (float)(half - 1), &sum);
                if (error < best) {
                    best = error;
                    found = tried;
                }
                if (!(sum.qq > 0)) break;
                tried.scale = sum.qx / sum.qq;
                if (!is_usable(tried.scale)) break;
            }
        }
    if (found.scale == 0) return;
    *scale = to_f16(found.scale);
    number(q, &b, found, (float)-half, (float)(half - 1));
}

/* The least-squares line, rounded to f16; false if there is none that can be used. */
static int best_line(const sums *sum, line *line) {
    double determinant = (double)sum->w * sum->qq - (double)sum->q * sum->q;
    if (!(determinant > 0)) return 0;
    double scale = ((double)sum->w * sum->qx - (double)sum->q * sum->x) / determinant;
    double minimum = ((double)sum->qq * sum->x - (double)sum->q * sum->qx) / determinant;
    if (!(scale <= LARGEST_HALF) || !(minimum <= LARGEST_HALF) || !(minimum >= -LARGEST_HALF)) return 0;
    line->scale = rounded_to_f16((float)scale);
    line->minimum = rounded_to_f16((float)minimum);
    return line->scale >= F16_STEP;
}

void llava_improve_line(uint8_t *q, uint16_t *scale, uint16_t *minimum, const float *x,
                        const float *importance, int most) {
    weighed b;
    read_weighed(&b, x, importance);
    if (!is_searched(&b)) return;
    line given = {from_f16(*scale), from_f16(*minimum)}, found = {0, 0};
    float best = error_of(&b, q, given), low = given.minimum, step = (float)most / 32.0f;
    /* Numbers more or less than there are, between the least and the largest element. */
    for (int place = -10; place <= 4; place++) {
        line tried = {rounded_to_f16((b.most - low) / ((float)most + (float)place * step)), low};
        if (!is_usable(tried.scale)) continue;
        for (int turn = 0; turn < TURNS; turn++) {
            sums sum;
            float error = measure(&b, tried, 0, (float)most, &sum);
            if (error < best) {
                best = error;
                found = tried;
            }
            if (!best_line(&sum, &tried)) break;
        }
    }
    if (found.scale == 0) return;
    *scale = to_f16(found.scale);
    *minimum = to_f16(found.minimum);
    number(q, &b, found, 0, (float)most);
}
