/* Numbers as 8-bit integers and one scale: q = x 127 / largest, rounded to nearest even, so that x is
   about q (largest / 127).
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_INTEGERS_H
#define LLAVA_INTEGERS_H
#include "convert.h"
#include <stddef.h>

/* Reciprocals of smaller numbers overflow: such blocks are treated as zeros. */
#define LEAST_LARGEST 0x1p-100f

/* The bits of the largest magnitude, or of a NaN if there is one. */
static inline uint32_t largest_bits(const float *x, size_t count) {
    uint32_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = float_bits(x[i]) & 0x7FFFFFFFu;
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

/* The integers of one block and its scale, which is NaN if an element is not finite. */
static inline float integers_of(int8_t *q, const float *x, size_t count) {
    uint32_t bits = largest_bits(x, count);
    float largest = bits_float(bits);
    if (bits >= 0x7F800000u || largest < LEAST_LARGEST) {
        memset(q, 0, count);
        return bits >= 0x7F800000u ? bits_float(0x7FC00000u) : 0.0f;
    }
    float factor = 127.0f / largest;
    /* Adding 1.5 2^23 leaves the nearest integer in the lowest bits, ties to even. */
    for (size_t i = 0; i < count; i++) {
#pragma STDC FP_CONTRACT OFF
        float scaled = x[i] * factor;
        q[i] = (int8_t)(float_bits(scaled + 0x1.8p23f) & 0xFFu);
    }
    return largest / 127.0f;
}

#endif
