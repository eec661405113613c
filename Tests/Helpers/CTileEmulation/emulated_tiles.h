/* The tile instructions as loops over eight arrays, each sum a chain over ascending pairs.
   Processors add the pairs of one instruction apart, even and odd, so last bits differ from theirs.
   What would be a fault on a processor with tiles is one here.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef EMULATED_TILES_H
#define EMULATED_TILES_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { EMULATED_TILES = 8, EMULATED_ROWS = 16, EMULATED_BYTES = 64 };

typedef uint8_t emulated_tile[EMULATED_ROWS][EMULATED_BYTES];

/* What LDTILECFG reads, 64 bytes. */
typedef struct emulated_shape {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} emulated_shape;

static _Thread_local emulated_tile emulated[EMULATED_TILES];
static _Thread_local emulated_shape emulated_now; /* palette 0: not configured */

#define tiles_configure(shape) emulated_configure(shape)
#define tiles_release() ((void)(emulated_now.palette = 0))
#define tile_clear(t) emulated_clear(t)
#define tile_load(t, base, stride) emulated_load(t, base, stride)
#define tile_save(t, base, stride) emulated_save(t, base, stride)
#define tile_multiply(sum, a, b) emulated_dot(sum, a, b)

static inline void emulated_require(int holds) {
    if (!holds) __builtin_trap();
}

static inline void emulated_configure(const void *shape) {
    static const uint8_t zeros[14];
    memcpy(&emulated_now, shape, sizeof emulated_now);
    emulated_require(emulated_now.palette == 1 && emulated_now.start_row == 0);
    emulated_require(memcmp(emulated_now.reserved, zeros, sizeof zeros) == 0);
    for (int t = 0; t < 16; t++) {
        int used = t < EMULATED_TILES;
        emulated_require(emulated_now.rows[t] <= (used ? EMULATED_ROWS : 0));
        emulated_require(emulated_now.row_bytes[t] <= (used ? EMULATED_BYTES : 0));
        emulated_require(!emulated_now.rows[t] == !emulated_now.row_bytes[t]);
    }
    memset(emulated, 0, sizeof emulated);
}

static inline void emulated_clear(int t) {
    emulated_require(emulated_now.palette == 1 && emulated_now.rows[t] > 0);
    memset(emulated[t], 0, sizeof emulated[t]);
}

static inline void emulated_load(int t, const void *base, size_t stride) {
    emulated_clear(t);
    for (size_t row = 0; row < emulated_now.rows[t]; row++)
        memcpy(emulated[t][row], (const char *)base + row * stride, emulated_now.row_bytes[t]);
}

static inline void emulated_save(int t, void *base, size_t stride) {
    emulated_require(emulated_now.palette == 1 && emulated_now.rows[t] > 0);
    for (size_t row = 0; row < emulated_now.rows[t]; row++)
        memcpy((char *)base + row * stride, emulated[t][row], emulated_now.row_bytes[t]);
}

static inline float emulated_bf16(const uint8_t *x) {
    uint32_t bits = (uint32_t)x[0] << 16 | (uint32_t)x[1] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* total += a row of `pairs` pairs . a column of them, whose next pair is a row further down. */
static inline float emulated_chain(float total, const uint8_t *row, const uint8_t *column,
                                   int pairs) {
    for (int k = 0; k < pairs; k++)
        for (int part = 0; part < 2; part++)
            total += emulated_bf16(row + 4 * k + 2 * part)
                   * emulated_bf16(column + EMULATED_BYTES * k + 2 * part);
    return total;
}

/* sum[m][n] += a[m][2k] b[k][2n] + a[m][2k+1] b[k][2n+1], k ascending. */
static inline void emulated_dot(int sum, int a, int b) {
    const uint8_t *rows = emulated_now.rows;
    const uint16_t *bytes = emulated_now.row_bytes;
    emulated_require(emulated_now.palette == 1 && sum != a && sum != b && a != b);
    emulated_require(rows[sum] == rows[a] && bytes[sum] == bytes[b] && bytes[a] == 4 * rows[b]);
    for (int m = 0; m < rows[sum]; m++)
        for (int n = 0; n < bytes[sum] / 4; n++) {
            float total;
            memcpy(&total, &emulated[sum][m][4 * n], sizeof total);
            total = emulated_chain(total, emulated[a][m], &emulated[b][0][4 * n], rows[b]);
            memcpy(&emulated[sum][m][4 * n], &total, sizeof total);
        }
}

#endif
