/* The blocks of 32 elements with one scale, byte for byte as llama.cpp's reference encoders write them
   where all columns are weighted equally.
   SPDX-License-Identifier: Apache-2.0

   Reference: ggml-quants.c of llama.cpp, and gguf-py's quants.py, whose bytes are the same. Where the
   scale is so small that its inverse is infinite, x86 converts the results to 0, and so does this. */
#include "halves.h"
#include "include/CQuantisation.h"
#include "weighed_blocks_of_32.h"

enum { BLOCK = 32 };

static inline float inverse(float scale) { return scale != 0 ? 1.0f / scale : 0.0f; }

/* The integer part of t, clamped to 0 to `most`. */
static inline uint8_t cut(float t, int most) {
    if (!(t < 256.0f && t > -256.0f)) return 0;
    int q = (int)t;
    return (uint8_t)(q < 0 ? 0 : q > most ? most : q);
}

/* The first element with the largest magnitude; 0 if all are 0. */
static inline float largest(const float *x) {
    float size = 0, found = 0;
    for (int i = 0; i < BLOCK; i++) {
        float magnitude = x[i] < 0 ? -x[i] : x[i];
        if (magnitude > size) {
            size = magnitude;
            found = x[i];
        }
    }
    return found;
}

/* Nibbles: element i with element i + 16. */
static inline void put_nibbles(uint8_t *y, const uint8_t *q) {
    for (int i = 0; i < BLOCK / 2; i++) y[i] = (uint8_t)((q[i] & 15) | q[i + BLOCK / 2] << 4);
}

static inline void put_fifth_bits(uint8_t *y, const uint8_t *q) {
    memset(y, 0, BLOCK / 8);
    for (int i = 0; i < BLOCK; i++) y[i / 8] |= (uint8_t)((q[i] >> 4 & 1) << i % 8);
}

/* The scale for which the element with the largest magnitude becomes 0, the lowest number. */
static inline uint16_t centred(uint8_t *q, const float *x, int half) {
    float scale = largest(x) / (float)-half, inverted = inverse(scale);
    for (int i = 0; i < BLOCK; i++) q[i] = cut(x[i] * inverted + ((float)half + 0.5f), 2 * half - 1);
    return to_f16(scale);
}

/* The scale and the smallest element, which becomes 0; the largest becomes `most`. */
static inline uint16_t above_smallest(uint8_t *q, uint16_t *minimum, const float *x, int most) {
    float low = x[0], high = x[0];
    for (int i = 1; i < BLOCK; i++) {
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
    }
    float scale = (high - low) / (float)most, inverted = inverse(scale);
    for (int i = 0; i < BLOCK; i++) q[i] = cut((x[i] - low) * inverted + 0.5f, most);
    *minimum = to_f16(low);
    return to_f16(scale);
}

size_t llava_encode_q4_0(uint8_t *y, const float *x, const float *importance, size_t count) {
    uint8_t q[BLOCK];
    for (size_t at = 0; at < count; at += BLOCK, y += 18) {
        uint16_t scale = centred(q, x + at, 8);
        if (is_infinite_f16(scale)) return at;
        if (importance) llava_improve_centred(q, &scale, x + at, importance + at, 8);
        put_half(y, scale);
        put_nibbles(y + 2, q);
    }
    return count;
}

size_t llava_encode_q5_0(uint8_t *y, const float *x, const float *importance, size_t count) {
    uint8_t q[BLOCK];
    for (size_t at = 0; at < count; at += BLOCK, y += 22) {
        uint16_t scale = centred(q, x + at, 16);
        if (is_infinite_f16(scale)) return at;
        if (importance) llava_improve_centred(q, &scale, x + at, importance + at, 16);
        put_half(y, scale);
        put_fifth_bits(y + 2, q);
        put_nibbles(y + 6, q);
    }
    return count;
}

size_t llava_encode_q4_1(uint8_t *y, const float *x, const float *importance, size_t count) {
    uint8_t q[BLOCK];
    for (size_t at = 0; at < count; at += BLOCK, y += 20) {
        uint16_t minimum, scale = above_smallest(q, &minimum, x + at, 15);
        if (is_infinite_f16(scale) || is_infinite_f16(minimum)) return at;
        if (importance)
            llava_improve_line(q, &scale, &minimum, x + at, importance + at, 15);
        put_half(y, scale);
        put_half(y + 2, minimum);
        put_nibbles(y + 4, q);
    }
    return count;
}

size_t llava_encode_q5_1(uint8_t *y, const float *x, const float *importance, size_t count) {
    uint8_t q[BLOCK];
    for (size_t at = 0; at < count; at += BLOCK, y += 24) {
        uint16_t minimum, scale = above_smallest(q, &minimum, x + at, 31);
        if (is_infinite_f16(scale) || is_infinite_f16(minimum)) return at;
        if (importance)
            llava_improve_line(q, &scale, &minimum, x + at, importance + at, 31);
        put_half(y, scale);
        put_half(y + 2, minimum);
        put_fifth_bits(y + 4, q);
        put_nibbles(y + 8, q);
    }
    return count;
}

/* Rounds to the nearest integer, ties away from 0; 0 for |t| above about 2^22. */
static inline int8_t away_from_zero(float t) {
    if (!(t < 256.0f && t > -256.0f)) return 0;
    int whole = (int)t;
    float rest = t - (float)whole;
    return (int8_t)(whole + (rest >= 0.5f) - (rest <= -0.5f));
}

size_t llava_encode_q8_0(uint8_t *y, const float *x, const float *importance, size_t count) {
    (void)importance;
    for (size_t at = 0; at < count; at += BLOCK, y += 34) {
        float size = largest(x + at);
        float scale = (size < 0 ? -size : size) / 127.0f, inverted = inverse(scale);
        uint16_t half = to_f16(scale);
        if (is_infinite_f16(half)) return at;
        put_half(y, half);
        for (int i = 0; i < BLOCK; i++)
            y[2 + i] = (uint8_t)away_from_zero(x[at + (size_t)i] * inverted);
    }
    return count;
}
