/* The integers of the block formats, which products sum exactly, and their scales: the numbers that
   formats_blocks.h multiplies. Included once for each instruction set.
   SPDX-License-Identifier: Apache-2.0

   An element is q times a scale, plus or minus a minimum. q is never negative, except in Q8_0:

     by 32     Q4_0 d (q - 8)   Q5_0 d (q - 16)   Q4_1 Q5_1 d q + m   Q8_0 d q
     by 256    Q4_K Q5_K d step q - dmin least    Q6_K d step q - d (32 step)

   where step and least are integers for 16 elements (for 32 in Q4_K and Q5_K, stored twice). */
#include "convert.h"

enum { SMALL_BLOCK = 32, LARGE_BLOCK = 256, PART = 16, PARTS_OF_LARGE = LARGE_BLOCK / PART };

/* Some unpacked weight rows. By-32 formats do not use steps and least; formats without a minimum do
   not use minima. */
typedef struct integers {
    uint8_t *q;     /* [rows], `stride` apart */
    size_t stride;
    float *scales;  /* [rows][blocks]: d */
    float *minima;  /* [rows][blocks]: m or dmin */
    int16_t *steps; /* [rows][blocks][PARTS_OF_LARGE] */
    int16_t *least; /* [rows][blocks][PARTS_OF_LARGE] */
} integers;

/* Bits of a format's q. With 8 bits q is signed; sets of kernels may flip the sign bit (TURNED_SIGNS),
   so that q is 0 to 255 and 128 too large. */
static inline int bits_of(llava_element element) {
    switch (element) {
    case LLAVA_Q4_0: case LLAVA_Q4_1: case LLAVA_Q4_K: return 4;
    case LLAVA_Q5_0: case LLAVA_Q5_1: case LLAVA_Q5_K: return 5;
    case LLAVA_Q6_K: return 6;
    default: return 8;
    }
}

/* The offset that is subtracted from q, in by-32 formats. */
static inline int offset_of(llava_element element) {
    return element == LLAVA_Q4_0 ? 8 : element == LLAVA_Q5_0 ? 16 : 0;
}

static inline int has_minimum(llava_element element) {
    return element == LLAVA_Q4_1 || element == LLAVA_Q5_1;
}

static inline int is_by_256(llava_element element) {
    return element == LLAVA_Q4_K || element == LLAVA_Q5_K || element == LLAVA_Q6_K;
}

/* The offset in bytes of a by-32 block's nibbles; fifth bits are the 4 bytes before them. */
static inline size_t nibbles_at(llava_element element) {
    return 2 + 2 * (size_t)has_minimum(element) + 4 * (size_t)(bits_of(element) == 5);
}

/* Adds 16 to each element whose bit is set. */
static inline void add_fifth_bits(uint8_t *q, const uint8_t *bits) {
    uint8_t own[SMALL_BLOCK], all[SMALL_BLOCK];
    for (int i = 0; i < SMALL_BLOCK; i++) own[i] = (uint8_t)(1 << i % 8);
    for (int byte = 0; byte < 4; byte++) memset(all + 8 * byte, bits[byte], 8);
    for (int i = 0; i < SMALL_BLOCK; i++) q[i] |= (uint8_t)((all[i] & own[i]) ? 16 : 0);
}

static inline __attribute__((always_inline)) void small_integers(uint8_t *q, const uint8_t *x, const llava_element element) {
    if (element == LLAVA_Q8_0) {
        memcpy(q, x + 2, SMALL_BLOCK);
#ifdef TURNED_SIGNS
        for (int i = 0; i < SMALL_BLOCK; i++) q[i] ^= 0x80;
#endif
        return;
    }
    /* Copies tell the compiler that q does not alias x. */
    uint8_t nibbles[16], result[SMALL_BLOCK];
    memcpy(nibbles, x + nibbles_at(element), sizeof nibbles);
    for (int i = 0; i < 16; i++) {
        result[i] = nibbles[i] & 15;
        result[i + 16] = nibbles[i] >> 4;
    }
    if (bits_of(element) == 5) add_fifth_bits(result, x + nibbles_at(element) - 4);
    memcpy(q, result, sizeof result);
}

/* Unpacks a pair of sub-blocks from 32 bytes of nibbles; `high` has fifth bits from bit `shift` on. */
static inline __attribute__((always_inline)) void
pair_of_large(uint8_t *q, const uint8_t *nibbles, const uint8_t *high, const int shift) {
    uint8_t two[32], bits[32] = {0}, result[64];
    memcpy(two, nibbles, sizeof two);
    if (high) memcpy(bits, high, sizeof bits);
    for (int i = 0; i < 32; i++) {
        result[i] = (uint8_t)((two[i] & 15) | (bits[i] >> shift & 1) << 4);
        result[32 + i] = (uint8_t)(two[i] >> 4 | (bits[i] >> shift & 2) << 3);
    }
    memcpy(q, result, sizeof result);
}

static inline __attribute__((always_inline)) void
nibbles_of_large(uint8_t *q, const uint8_t *nibbles, const uint8_t *high) {
    pair_of_large(q, nibbles, high, 0);
    pair_of_large(q + 64, nibbles + 32, high, 2);
    pair_of_large(q + 128, nibbles + 64, high, 4);
    pair_of_large(q + 192, nibbles + 96, high, 6);
}

static inline void half_of_sixes(uint8_t *q, const uint8_t *low, const uint8_t *high) {
    uint8_t four[64], two[32], result[128];
    memcpy(four, low, sizeof four);
    memcpy(two, high, sizeof two);
    for (int i = 0; i < 32; i++) {
        result[i] = (uint8_t)((four[i] & 15) | (two[i] & 3) << 4);
        result[32 + i] = (uint8_t)((four[32 + i] & 15) | (two[i] >> 2 & 3) << 4);
        result[64 + i] = (uint8_t)(four[i] >> 4 | (two[i] >> 4 & 3) << 4);
        result[96 + i] = (uint8_t)(four[32 + i] >> 4 | two[i] >> 6 << 4);
    }
    memcpy(q, result, sizeof result);
}

/* Unpacks the eight 6-bit scales and eight minima in 12 bytes, to a byte each. */
static inline void six_bit_scales(uint64_t *scales, uint64_t *minima, const uint8_t *x) {
    uint32_t a, b, c;
    memcpy(&a, x, 4);
    memcpy(&b, x + 4, 4);
    memcpy(&c, x + 8, 4);
    const uint32_t six = 0x3f3f3f3f, four = 0x0f0f0f0f, two = 0x30303030;
    *scales = (a & six) | (uint64_t)((c & four) | (a >> 2 & two)) << 32;
    *minima = (b & six) | (uint64_t)((c >> 4 & four) | (b >> 2 & two)) << 32;
}

static inline __attribute__((always_inline)) void large_integers(uint8_t *q, int16_t *steps, int16_t *least, const uint8_t *x,
                                  const llava_element element) {
    if (element == LLAVA_Q6_K) {
        half_of_sixes(q, x, x + 128);
        half_of_sixes(q + 128, x + 64, x + 160);
        for (int part = 0; part < PARTS_OF_LARGE; part++) {
            steps[part] = (int8_t)x[192 + part];
            least[part] = (int16_t)(32 * steps[part]);
        }
        return;
    }
    uint64_t scales, minima;
    six_bit_scales(&scales, &minima, x + 4);
    for (int part = 0; part < PARTS_OF_LARGE; part++) {
        steps[part] = (int16_t)(scales >> part / 2 * 8 & 63);
        least[part] = (int16_t)(minima >> part / 2 * 8 & 63);
    }
    if (element == LLAVA_Q5_K)
        nibbles_of_large(q, x + 48, x + 16);
    else
        nibbles_of_large(q, x + 16, 0);
}

/* d, and the factor of `least`, of a by-256 block. */
static inline float large_scale(const uint8_t *x, llava_element element) {
    return f16_to_f32(half_at(x + (element == LLAVA_Q6_K ? 208 : 0), 0));
}

static inline float large_minimum(const uint8_t *x, llava_element element) {
    return f16_to_f32(half_at(x + (element == LLAVA_Q6_K ? 208 : 2), 0));
}

/* Unpacks one row of `blocks` blocks to row r of `to`. */
static inline __attribute__((always_inline)) void
row_of_integers(const integers *to, size_t r, const uint8_t *x, size_t blocks,
                const llava_element element) {
    const size_t block_bytes = FORMAT_TABLE[element].block_bytes;
    uint8_t *q = to->q + r * to->stride;
    for (size_t b = 0; b < blocks; b++, x += block_bytes) {
        size_t place = r * blocks + b;
        if (is_by_256(element)) {
            size_t part = place * PARTS_OF_LARGE;
            large_integers(q + b * LARGE_BLOCK, to->steps + part, to->least + part, x, element);
            to->scales[place] = large_scale(x, element);
            to->minima[place] = large_minimum(x, element);
        } else {
            small_integers(q + b * SMALL_BLOCK, x, element);
            to->scales[place] = f16_to_f32(half_at(x, 0));
            if (has_minimum(element)) to->minima[place] = f16_to_f32(half_at(x, 1));
        }
    }
}
