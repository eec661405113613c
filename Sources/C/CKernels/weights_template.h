/* Weights in the form that tiles read: in place, or converted to scratch. Part of matmul_template.h.
   SPDX-License-Identifier: Apache-2.0 */
#include "convert.h"
#include <string.h>

/* The stride of converted rows is a cache line more than a power of two: otherwise rows would share
   one set of the cache. */
enum { LINE = 64 / sizeof(weight_t) };

static inline size_t padded_columns(size_t k) { return (k + K_STEP - 1) / K_STEP * K_STEP; }

/* y[0..columns) = weights of any format, as bf16; y[columns..padded) = 0. */
static inline void round_row(uint16_t *y, const void *x, llava_element element, size_t columns,
                             size_t padded) {
    FORMAT_TABLE[element].to_bf16(y, x, columns);
    memset(y + columns, 0, (padded - columns) * sizeof *y);
}

#if WEIGHT_IS_F32
/* The number of elements that are rounded together: whole blocks of every format. */
enum { ROUNDED_TOGETHER = 256 };

/* Weights of any format through bf16. */
static inline void round_and_widen(float *y, const char *x, llava_element element, size_t columns) {
    const llava_format *format = &FORMAT_TABLE[element];
    uint16_t rounded[ROUNDED_TOGETHER];
    for (size_t first = 0; first < columns; first += ROUNDED_TOGETHER) {
        size_t count = columns - first < ROUNDED_TOGETHER ? columns - first : ROUNDED_TOGETHER;
        format->to_bf16(rounded, x + first / format->block_elements * format->block_bytes, count);
        for (size_t i = 0; i < count; i++) y[first + i] = bf16_to_f32(rounded[i]);
    }
}

/* The same as f32, through bf16 where `round`. */
static inline void expand(float *y, const void *x, llava_element element, size_t columns,
                          size_t padded, int round) {
    if (round && element != LLAVA_BF16)
        round_and_widen(y, x, element, columns);
    else
        FORMAT_TABLE[element].to_f32(y, x, columns);
    memset(y + columns, 0, (padded - columns) * sizeof *y);
}
#else
static inline void expand(uint16_t *y, const void *x, llava_element element, size_t columns,
                          size_t padded, int round) {
    (void)round;
    round_row(y, x, element, columns, padded);
}
#endif

static inline const char *first_weight(const llava_weights *w, size_t row, size_t column) {
    const llava_format *format = &FORMAT_TABLE[w->element];
    return (const char *)w->data + row * w->row_bytes
         + column / format->block_elements * format->block_bytes;
}

static inline int aligned_to(size_t bytes, const llava_weights *w, const char *first) {
    return w->row_bytes % bytes == 0 && (uintptr_t)first % bytes == 0;
}

/* Whether tiles can read these weights in place: they are of weight_t already, in whole tiles of rows
   and whole steps of columns. */
static inline int in_place(const llava_weights *w, const char *first, size_t rows, size_t columns,
                           int round) {
    int readable = WEIGHT_IS_F32 ? w->element == LLAVA_F32 && !round : w->element == LLAVA_BF16;
    int whole = rows % ROWS == 0 && columns % K_STEP == 0;
    return readable && whole && aligned_to(sizeof(weight_t), w, first);
}

/* The weights of one block: in place, or copied to scratch with missing rows as zeros. */
typedef struct block {
    const weight_t *data;
    size_t stride;
} block;

static block weights_block(const llava_weights *w, size_t row, size_t rows, size_t column,
                           size_t columns, weight_t *scratch, int round) {
    const char *first = first_weight(w, row, column);
    if (in_place(w, first, rows, columns, round))
        return (block){(const weight_t *)(const void *)first, w->row_bytes / sizeof(weight_t)};
    size_t padded = padded_columns(columns), whole = (rows + ROWS - 1) / ROWS * ROWS;
    size_t stride = padded + LINE;
    for (size_t r = 0; r < rows; r++)
        expand(scratch + r * stride, first + r * w->row_bytes, w->element, columns, padded, round);
    for (size_t r = rows; r < whole; r++)
        memset(scratch + r * stride, 0, padded * sizeof(weight_t));
    return (block){scratch, stride};
}
