/* Encoders of weights: rows of f32 to the blocks of GGUF files.
   SPDX-License-Identifier: Apache-2.0

   Nothing here allocates, starts threads or performs input or output. The same input gives the same
   bytes on every processor: no sum depends on the width of its vectors, and nothing is contracted. */
#ifndef CQUANTISATION_H
#define CQUANTISATION_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* Encodes `count` finite elements, whole blocks, to any address. `importance` has `count` numbers of 0
   or more, which weight the errors of elements, or is NULL for equal weights.
   Returns the number of elements before the first block that needs a scale out of the format's range, or
   before the first element that is out of it; `count` if there is none. */
typedef size_t llava_encoder(uint8_t *y, const float *x, const float *_Nullable importance,
                             size_t count);

/* Single elements, rounded to nearest, ties to even. */
size_t llava_encode_f32(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_f16(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_bf16(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);

/* Blocks of 32, byte for byte as llama.cpp's own encoders where importance is NULL; with it those of 4 and
   5 bits are searched for the least sum of squared errors, and Q8_0 ignores it. */
size_t llava_encode_q4_0(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_q4_1(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_q5_0(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_q5_1(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_q8_0(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);

/* Blocks of 256 with scales of scales, searched for the least sum of squared errors. */
size_t llava_encode_q4_k(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_q5_k(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);
size_t llava_encode_q6_k(uint8_t *y, const float *x, const float *_Nullable importance, size_t count);

/* The index of the first element that is infinite or NaN; `count` if there is none. */
size_t llava_first_not_finite(const float *x, size_t count);

#pragma clang assume_nonnull end

#endif
