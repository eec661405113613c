/* The block formats of GGUF files (reference: ggml-common.h and ggml-quants.c of llama.cpp): a few
   bits per element, with scales for the elements of a block. Part of formats_template.h.
   SPDX-License-Identifier: Apache-2.0

   Every product of a scale and an element is exact in f32: 11 bits of an f16 times at most 13; so
   a decoded element is rounded at most once, by the difference or sum with a minimum, and a fused
   multiply-add changes nothing. Blocks begin at any address. */

static inline float block_scale(const uint8_t *x) { return f16_to_f32(half_at(x, 0)); }

/* y = d (q + offset) for 32 elements: low nibbles first; `high` has their fifth bits. */
static inline void nibbles_to_f32(float *y, const uint8_t *q, uint32_t high, float d, float offset) {
    for (int i = 0; i < 16; i++) {
        float low = (float)((q[i] & 15) | (high >> i & 1) << 4);
        float up = (float)(q[i] >> 4 | (high >> (i + 16) & 1) << 4);
        y[i] = d * (low + offset);
        y[i + 16] = d * (up + offset);
    }
}

/* The same plus a minimum; without one, adding 0 would lose the sign of a negative zero. */
static inline void nibbles_above(float *y, const uint8_t *q, uint32_t high, float d, float minimum) {
    nibbles_to_f32(y, q, high, d, 0);
    for (int i = 0; i < 32; i++) y[i] += minimum;
}

static inline uint32_t high_bits(const uint8_t *x) {
    uint32_t bits;
    memcpy(&bits, x, sizeof bits);
    return bits;
}

static inline void q4_0_block(float *y, const uint8_t *x) {
    nibbles_to_f32(y, x + 2, 0, block_scale(x), -8);
}

static inline void q4_1_block(float *y, const uint8_t *x) {
    nibbles_above(y, x + 4, 0, block_scale(x), block_scale(x + 2));
}

static inline void q5_0_block(float *y, const uint8_t *x) {
    nibbles_to_f32(y, x + 6, high_bits(x + 2), block_scale(x), -16);
}

static inline void q5_1_block(float *y, const uint8_t *x) {
    nibbles_above(y, x + 8, high_bits(x + 4), block_scale(x), block_scale(x + 2));
}

static inline void q8_0_block(float *y, const uint8_t *x) {
    float d = block_scale(x);
    for (int i = 0; i < 32; i++) y[i] = d * (float)(int8_t)x[2 + i];
}

/* 16 sub-blocks of 16: scales and minima of 4 bits, elements of 2 bits. */
static inline void q2_k_block(float *y, const uint8_t *x) {
    const uint8_t *scales = x, *q = x + 16;
    float d = block_scale(x + 80), dmin = block_scale(x + 82);
    for (int part = 0; part < 16; part++) {
        const uint8_t *from = q + part / 8 * 32 + part % 2 * 16;
        int shift = part % 8 / 2 * 2;
        float scale = d * (float)(scales[part] & 15), minimum = dmin * (float)(scales[part] >> 4);
        for (int i = 0; i < 16; i++) y[16 * part + i] = scale * (float)(from[i] >> shift & 3) - minimum;
    }
}

/* 16 sub-blocks of 16: scales of 6 bits minus 32, elements of 3 bits, from which 4 is subtracted where
   the upper bit is not set. */
static inline void q3_k_block(float *y, const uint8_t *x) {
    const uint8_t *mask = x, *q = x + 32, *scales = x + 96;
    float d = block_scale(x + 108);
    for (int part = 0; part < 16; part++) {
        const uint8_t *from = q + part / 8 * 32 + part % 2 * 16, *bits = mask + part % 2 * 16;
        int shift = part % 8 / 2 * 2, bit = part / 2;
        int low = scales[part % 8] >> part / 8 * 4 & 15;
        int scale = (low | (scales[8 + part % 4] >> part / 4 * 2 & 3) << 4) - 32;
        float step = d * (float)scale;
        for (int i = 0; i < 16; i++)
            y[16 * part + i] = step * (float)((from[i] >> shift & 3) - (bits[i] >> bit & 1 ? 0 : 4));
    }
}

/* The scale and the minimum, 6 bits each, of sub-block `part`, from 12 bytes. */
static inline void k_scale(const uint8_t *s, int part, float *scale, float *minimum) {
    if (part < 4) {
        *scale = (float)(s[part] & 63);
        *minimum = (float)(s[part + 4] & 63);
    } else {
        *scale = (float)((s[part + 4] & 15) | s[part - 4] >> 6 << 4);
        *minimum = (float)(s[part + 4] >> 4 | s[part] >> 6 << 4);
    }
}

/* 8 sub-blocks of 32; `high` has fifth bits, or is NULL. */
static inline void k_nibbles(float *y, const uint8_t *x, const uint8_t *high, const uint8_t *q) {
    float d = block_scale(x), dmin = block_scale(x + 2);
    for (int part = 0; part < 8; part++) {
        float scale, minimum;
        k_scale(x + 4, part, &scale, &minimum);
        scale *= d;
        minimum *= dmin;
        const uint8_t *from = q + part / 2 * 32;
        int shift = part % 2 * 4;
        for (int i = 0; i < 32; i++) {
            int fifth = high ? (high[i] >> part & 1) << 4 : 0;
            y[32 * part + i] = scale * (float)((from[i] >> shift & 15) | fifth) - minimum;
        }
    }
}

static inline void q4_k_block(float *y, const uint8_t *x) { k_nibbles(y, x, 0, x + 16); }

static inline void q5_k_block(float *y, const uint8_t *x) { k_nibbles(y, x, x + 16, x + 48); }

/* 16 sub-blocks of 16: scales of 8 bits, elements of 6 bits minus 32. */
static inline void q6_k_block(float *y, const uint8_t *x) {
    const int8_t *scales = (const int8_t *)(x + 192);
    float d = block_scale(x + 208);
    for (int part = 0; part < 8; part++) {
        const uint8_t *low = x + part / 4 * 64 + part % 2 * 32, *high = x + 128 + part / 4 * 32;
        int shift = part % 4 / 2 * 4, bits = part % 4 * 2;
        for (int i = 0; i < 32; i++) {
            int q = ((low[i] >> shift & 15) | (high[i] >> bits & 3) << 4) - 32;
            y[32 * part + i] = d * (float)scales[2 * part + i / 16] * (float)q;
        }
    }
}

/* Decoders of rows, from a function that decodes one block. */
#define BLOCK_FORMAT(name, elements, bytes)                                                      \
    static void name##_to_wide(float *y, const void *x, size_t count) {                          \
        for (size_t i = 0; i < count / (elements); i++)                                          \
            name##_block(y + i * (elements), (const uint8_t *)x + i * (bytes));                  \
    }                                                                                            \
    static void name##_to_rounded(uint16_t *y, const void *x, size_t count) {                    \
        float wide[elements];                                                                    \
        for (size_t i = 0; i < count / (elements); i++) {                                        \
            name##_block(wide, (const uint8_t *)x + i * (bytes));                                \
            for (size_t k = 0; k < (elements); k++) y[i * (elements) + k] = f32_to_bf16(wide[k]); \
        }                                                                                        \
    }

BLOCK_FORMAT(q4_0, 32, 18)
BLOCK_FORMAT(q4_1, 32, 20)
BLOCK_FORMAT(q5_0, 32, 22)
BLOCK_FORMAT(q5_1, 32, 24)
BLOCK_FORMAT(q8_0, 32, 34)
BLOCK_FORMAT(q2_k, 256, 84)
BLOCK_FORMAT(q3_k, 256, 110)
BLOCK_FORMAT(q4_k, 256, 144)
BLOCK_FORMAT(q5_k, 256, 176)
BLOCK_FORMAT(q6_k, 256, 210)
