/* Products of quantised weights and integer activations with AVX2, in tiles of 4 weight rows by 16
   activation rows. One instruction multiplies 32 unsigned by 32 signed bytes and adds pairs of
   products in 16 bits, which hold 8 sums of 4-bit elements, 4 of 5-bit and 2 of 6-bit before they
   must be widened.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define F16_IN_HARDWARE
#include <immintrin.h>

enum { ROWS = 4, LANES = 8 };
#define GROUPS 2
#define FEW_INTEGERS 4
#define FEW_AT_ONCE 4
#define FORMAT_TABLE llava_formats_avx2

#include "../integer_tile.h"
#include "vectors_256.h"
#include "../integer_finish.h"

/* Pairs of products in 16 bits, with unsigned q, or signed q where bits is 8. */
INLINE __m256i byte_products(const int bits, __m256i q, __m256i x) {
    if (bits == 8) return _mm256_maddubs_epi16(_mm256_abs_epi8(q), _mm256_sign_epi8(x, q));
    return _mm256_maddubs_epi16(q, x);
}

INLINE ints dot_bytes(const int bits, ints sum, ints q, ints x) {
    ints four = _mm256_madd_epi16(byte_products(bits, q, x), _mm256_set1_epi16(1));
    return _mm256_add_epi32(sum, four);
}

/* Pairs of products of 4 columns, in 16 bits. */
INLINE void step_products(const int groups, const int bits, __m256i products[ROWS][GROUPS],
                          const uint8_t *q, size_t stride, const int8_t *x, size_t group_stride) {
    __m256i columns[GROUPS];
    for (int g = 0; g < groups; g++) columns[g] = ints_at(x + (size_t)g * group_stride);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        __m256i four = four_bytes(q + (size_t)r * stride);
        for (int g = 0; g < groups; g++) products[r][g] = byte_products(bits, four, columns[g]);
    }
}

/* sum[ROWS][groups] = sums over `steps` steps. If unrolled, compilers run out of registers. */
INLINE void add_steps(const int groups, const int bits, const int steps, __m256i sum[ROWS][GROUPS],
                      const uint8_t *q, size_t stride, const int8_t *x, size_t group_stride) {
    step_products(groups, bits, sum, q, stride, x, group_stride);
#pragma clang loop unroll(disable)
    for (int step = 1; step < steps; step++) {
        __m256i products[ROWS][GROUPS];
        step_products(groups, bits, products, q + 4 * step, stride, x + step * LANES * 4, group_stride);
        for (int r = 0; r < ROWS; r++)
            for (int g = 0; g < groups; g++)
                sum[r][g] = _mm256_add_epi16(sum[r][g], products[r][g]);
    }
}

/* The number of steps whose sums fit into 16 bits. */
INLINE int steps_in_16_bits(const int bits) {
    return bits == 4 ? 8 : bits == 5 ? 4 : bits == 6 ? 2 : 1;
}

INLINE void tile_by_32(const int groups, const int bits, const int offset, const int minimum,
                       const integer_tile *tile) {
    const int steps = steps_in_16_bits(bits);
    const __m256i ones = _mm256_set1_epi16(1);
    floats y[ROWS][GROUPS];
    load_chains(groups, tile, y);
    for (size_t b = 0; b < tile->blocks; b++) {
        __m256i wide[ROWS][GROUPS], sum[ROWS][GROUPS];
#pragma clang loop unroll(full)
        for (int first = 0; first < 8; first += steps) {
            size_t column = b * SMALL_BLOCK + 4 * (size_t)first;
            add_steps(groups, bits, steps, sum, tile->w.q + column, tile->w.stride,
                      tile->x[0].q + column * LANES, tile->group_stride);
            for (int r = 0; r < ROWS; r++)
                for (int g = 0; g < groups; g++) {
                    __m256i four = _mm256_madd_epi16(sum[r][g], ones);
                    if (first == 0) wide[r][g] = sums_before(offset, tile, g, b);
                    wide[r][g] = _mm256_add_epi32(wide[r][g], four);
                }
        }
        finish_by_32(groups, minimum, tile, b, wide, y);
    }
    store_chains(groups, tile, y);
}

INLINE void tile_by_256(const int groups, const int bits, const integer_tile *tile) {
    const int steps = steps_in_16_bits(bits), columns = 4 * steps;
    for (size_t b = 0; b < tile->blocks; b++) {
        __m256i wide[ROWS][GROUPS], sum[ROWS][GROUPS];
        for (int r = 0; r < ROWS; r++)
            for (int g = 0; g < groups; g++) wide[r][g] = _mm256_setzero_si256();
        for (int first = 0; first < LARGE_BLOCK; first += columns) {
            size_t column = b * LARGE_BLOCK + (size_t)first;
            add_steps(groups, bits, steps, sum, tile->w.q + column, tile->w.stride,
                      tile->x[0].q + column * LANES, tile->group_stride);
            for (int r = 0; r < ROWS; r++) {
                size_t part = ((size_t)r * tile->blocks + b) * PARTS_OF_LARGE + (size_t)first / PART;
                __m256i step = _mm256_set1_epi16(tile->w.steps[part]);
                for (int g = 0; g < groups; g++)
                    wide[r][g] =
                        _mm256_add_epi32(wide[r][g], _mm256_madd_epi16(sum[r][g], step));
            }
        }
        finish_by_256(groups, tile, b, wide);
    }
}

#include "../few_integers_template.h"
#include "../integer_template.h"
INTEGER_PRODUCTS(avx2)

#pragma clang attribute pop
#endif
