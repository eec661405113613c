/* The formats that weights have in files, and what decodes them: one decoder a format serves
   products, look-ups and conversions. Included once an instruction set, as compilers vectorise it.
   SPDX-License-Identifier: Apache-2.0

   A new format is a pair of functions here, a name in `llava_element` and a line in FORMATS. */
#include "convert.h"

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

#define FORMATS                                                                                  \
    {                                                                                            \
        [LLAVA_F32] = {"F32", 1, 4, f32_to_f32, f32_to_rounded},                                 \
        [LLAVA_BF16] = {"BF16", 1, 2, bf16_to_wide, bf16_to_bf16},                               \
        [LLAVA_F16] = {"F16", 1, 2, f16_to_wide, f16_to_rounded},                                \
    }
