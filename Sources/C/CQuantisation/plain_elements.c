/* Formats without blocks: f32, f16 and bf16.
   SPDX-License-Identifier: Apache-2.0 */
#include "halves.h"
#include "include/CQuantisation.h"

size_t llava_encode_f32(uint8_t *y, const float *x, const float *importance, size_t count) {
    (void)importance;
    memcpy(y, x, count * sizeof *x);
    return count;
}

size_t llava_encode_f16(uint8_t *y, const float *x, const float *importance, size_t count) {
    (void)importance;
    for (size_t i = 0; i < count; i++) {
        uint16_t half = to_f16(x[i]);
        if (is_infinite_f16(half)) return i;
        put_half(y + 2 * i, half);
    }
    return count;
}

size_t llava_encode_bf16(uint8_t *y, const float *x, const float *importance, size_t count) {
    (void)importance;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(x[i]);
        uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
        if ((rounded & 0x7F80u) == 0x7F80u) return i;
        put_half(y + 2 * i, (uint16_t)rounded);
    }
    return count;
}

size_t llava_first_not_finite(const float *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        if ((bits_of(x[i]) & 0x7F800000u) == 0x7F800000u) return i;
    return count;
}
