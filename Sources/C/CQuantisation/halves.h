/* 16-bit numbers, with only the instructions that every processor has.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_HALVES_H
#define LLAVA_HALVES_H

#include <stdint.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

/* The smallest f16 above 0. */
#define F16_STEP 0x1p-24f

static inline uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Rounds to nearest, ties to even; too large numbers become infinite. The input is not NaN. */
static inline uint16_t to_f16(float x) {
    uint32_t bits = bits_of(x), size = bits & 0x7FFFFFFFu, half;
    if (size >= 0x47800000u) half = 0x7C00u;
    else if (size < 0x38800000u) /* subnormal: the sum rounds at the step of f16 */
        half = bits_of(float_of(size) + 0.5f) - 0x3F000000u;
    else half = (size + 0xFFFu + (size >> 13 & 1)) / 0x2000u - (112u << 10);
    return (uint16_t)(bits >> 16 & 0x8000u) | (uint16_t)half;
}

static inline float from_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, size = half & 0x7FFFu;
    float wide = size < 0x0400u ? (float)size * F16_STEP : float_of((size << 13) + (112u << 23));
    return float_of(sign | bits_of(wide));
}

/* `x` rounded to f16. */
static inline float rounded_to_f16(float x) { return from_f16(to_f16(x)); }

static inline int is_infinite_f16(uint16_t half) { return (half & 0x7FFFu) >= 0x7C00u; }

static inline void put_half(uint8_t *y, uint16_t half) {
    y[0] = (uint8_t)half;
    y[1] = (uint8_t)(half >> 8);
}

#endif
