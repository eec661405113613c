/* Conversions between f32 and the 16-bit types, written so that compilers vectorise them.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_CONVERT_H
#define LLAVA_CONVERT_H

#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float bits_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Elements in memory that may be unaligned, as in a memory-mapped file. */
static inline uint16_t half_at(const void *x, size_t i) {
    uint16_t half;
    memcpy(&half, (const char *)x + 2 * i, sizeof half);
    return half;
}

static inline float float_at(const void *x, size_t i) {
    float value;
    memcpy(&value, (const char *)x + 4 * i, sizeof value);
    return value;
}

static inline float bf16_to_f32(uint16_t x) { return bits_float((uint32_t)x << 16); }

/* Rounds to nearest, ties to even; a NaN becomes a quiet NaN. */
static inline uint16_t f32_to_bf16(float x) {
    uint32_t bits = float_bits(x);
    uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    uint32_t quiet = (bits >> 16) | 0x40u;
    return (uint16_t)((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
}

#ifdef F16_IN_HARDWARE /* by files compiled for processors with F16C */
static inline float f16_to_f32(uint16_t x) {
    _Float16 half;
    memcpy(&half, &x, sizeof half);
    return (float)half;
}
#else
/* Normal numbers are rescaled by a multiplication and subnormals by a subtraction, without branches. */
static inline float f16_to_f32(uint16_t x) {
    uint32_t wide = (uint32_t)x << 16;
    uint32_t sign = wide & 0x80000000u;
    uint32_t magnitude = wide + wide;
    float normal = bits_float((magnitude >> 4) + (0xE0u << 23)) * 0x1p-112f;
    float subnormal = bits_float((magnitude >> 17) | (126u << 23)) - 0.5f;
    uint32_t bits = float_bits(magnitude < (1u << 27) ? subnormal : normal);
    return bits_float(sign | bits);
}
#endif

/* Rounds a former f16 to the nearest bf16, ties to even: subtracting a multiple that is 17 bits wider
   leaves the 8 bits that are wanted (Veltkamp's splitting; tested for all f16). Infinity stays
   infinity, since an intermediate NaN makes the comparison false. */
static inline float round_f16(float x) {
#pragma STDC FP_CONTRACT OFF
    float wide = x * 65537.0f, rest = wide - x;
    return wide - (rest < 0x1p127f ? rest : 0x1p127f);
}

#endif
