/* The tile instructions as loops over eight arrays, each sum a chain over ascending pairs.
   Processors add the pairs of one instruction apart, even and odd, so last bits differ from theirs.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef EMULATED_TILES_H
#define EMULATED_TILES_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

static _Thread_local uint8_t emulated[8][16][64];

static _Thread_local int emulated_ready; /* without a configuration nothing is multiplied */

#define tiles_configure(shape) ((void)(emulated_ready = (shape)->palette == 1))
#define tiles_release() ((void)(emulated_ready = 0))
#define tile_clear(t) memset(emulated[t], 0, sizeof emulated[t])
#define tile_load(t, base, stride)                                                              \
    for (int row_ = 0; row_ < 16; row_++)                                                       \
    memcpy(emulated[t][row_], (const char *)(base) + row_ * (stride), 64)
#define tile_save(t, base, stride)                                                              \
    for (int row_ = 0; row_ < 16; row_++)                                                       \
    memcpy((char *)(base) + row_ * (stride), emulated[t][row_], 64)
#define tile_multiply(sum, a, b) emulated_dot(emulated[sum], emulated[a], emulated[b])

static inline float emulated_bf16(const uint8_t *x) {
    uint32_t bits = (uint32_t)x[0] << 16 | (uint32_t)x[1] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* sum[m][n] += a[m][2k] b[k][2n] + a[m][2k+1] b[k][2n+1], k ascending. */
static inline void emulated_dot(uint8_t sum[16][64], uint8_t a[16][64], uint8_t b[16][64]) {
    if (!emulated_ready) return;
    for (int m = 0; m < 16; m++)
        for (int n = 0; n < 16; n++) {
            float total;
            memcpy(&total, &sum[m][4 * n], sizeof total);
            for (int k = 0; k < 16; k++)
                for (int part = 0; part < 2; part++)
                    total += emulated_bf16(&a[m][4 * k + 2 * part])
                           * emulated_bf16(&b[k][4 * n + 2 * part]);
            memcpy(&sum[m][4 * n], &total, sizeof total);
        }
}

#endif
