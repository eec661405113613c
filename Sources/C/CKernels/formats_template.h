/* The formats of weights in files, and their decoders: one decoder per format serves products,
   look-ups and conversions. Included once for each instruction set, as compilers vectorise it.
   SPDX-License-Identifier: Apache-2.0

   A new format is a pair of functions here, a name in `llava_element` and a line in FORMATS. */
#include "convert.h"
#include "formats_blocks.h"
#include "integers.h"

static void f32_to_f32(float *y, const void *x, size_t count) { memcpy(y, x, count * sizeof *y); }

static void f32_to_rounded(uint16_t *y, const void *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = f32_to_bf16(float_at(x, i));
}

static void bf16_to_wide(float *y, const void *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = bf16_to_f32(half_at(x, i));
}

static void bf16_to_bf16(uint16_t *y, const void *x, size_t count) {
    memcpy(y, x, count * sizeof *y);
}

static void f16_to_wide(float *y, const void *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = f16_to_f32(half_at(x, i));
}

static void f16_to_rounded(uint16_t *y, const void *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = (uint16_t)(float_bits(round_f16(f16_to_f32(half_at(x, i)))) >> 16);
}

static void i8_to_wide(float *y, const void *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = ((const int8_t *)x)[i];
}

/* Every 8-bit integer is exact in bf16. */
static void i8_to_rounded(uint16_t *y, const void *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = (uint16_t)(float_bits((float)((const int8_t *)x)[i]) >> 16);
}

#define FORMATS                                                                                  \
    {                                                                                            \
        [LLAVA_F32] = {"F32", 1, 4, f32_to_f32, f32_to_rounded},                                 \
        [LLAVA_BF16] = {"BF16", 1, 2, bf16_to_wide, bf16_to_bf16},                               \
        [LLAVA_F16] = {"F16", 1, 2, f16_to_wide, f16_to_rounded},                                \
        [LLAVA_Q4_0] = {"Q4_0", 32, 18, q4_0_to_wide, q4_0_to_rounded},                          \
        [LLAVA_Q4_1] = {"Q4_1", 32, 20, q4_1_to_wide, q4_1_to_rounded},                          \
        [LLAVA_Q5_0] = {"Q5_0", 32, 22, q5_0_to_wide, q5_0_to_rounded},                          \
        [LLAVA_Q5_1] = {"Q5_1", 32, 24, q5_1_to_wide, q5_1_to_rounded},                          \
        [LLAVA_Q8_0] = {"Q8_0", 32, 34, q8_0_to_wide, q8_0_to_rounded},                          \
        [LLAVA_Q2_K] = {"Q2_K", 256, 84, q2_k_to_wide, q2_k_to_rounded},                         \
        [LLAVA_Q3_K] = {"Q3_K", 256, 110, q3_k_to_wide, q3_k_to_rounded},                        \
        [LLAVA_Q4_K] = {"Q4_K", 256, 144, q4_k_to_wide, q4_k_to_rounded},                        \
        [LLAVA_Q5_K] = {"Q5_K", 256, 176, q5_k_to_wide, q5_k_to_rounded},                        \
        [LLAVA_Q6_K] = {"Q6_K", 256, 210, q6_k_to_wide, q6_k_to_rounded},                        \
        [LLAVA_I8] = {"I8", 1, 1, i8_to_wide, i8_to_rounded},                                    \
    }
