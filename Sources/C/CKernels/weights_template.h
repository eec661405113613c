/* Weights as tiles read them: in place, or converted to scratch. Part of matmul_template.h.
   SPDX-License-Identifier: Apache-2.0 */
#include "convert.h"
#include <string.h>

/* Converted rows lie a cache line off a power of two, whose rows would share one set of the
   cache. */
enum { LINE = 64 / sizeof(weight_t) };

static inline size_t padded_columns(size_t k) { return (k + K_STEP - 1) / K_STEP * K_STEP; }

/* y[0..columns) = weights of any type as bf16; y[columns..padded) = 0. */
static inline void round_row(uint16_t *y, const void *x, llava_element element, size_t columns,
                             size_t padded) {
    if (element == LLAVA_BF16) {
        memcpy(y, x, columns * sizeof *y);
    } else if (element == LLAVA_F16) {
        for (size_t i = 0; i < columns; i++)
            y[i] = (uint16_t)(float_bits(round_f16(f16_to_f32(half_at(x, i)))) >> 16);
    } else {
        for (size_t i = 0; i < columns; i++) y[i] = f32_to_bf16(float_at(x, i));
    }
    memset(y + columns, 0, (padded - columns) * sizeof *y);
}

#if WEIGHT_IS_F32
/* The same as f32, through bf16 where `round`. */
static inline void expand(float *y, const void *x, llava_element element, size_t columns,
                          size_t padded, int round) {
    if (element == LLAVA_BF16) {
        for (size_t i = 0; i < columns; i++) y[i] = bf16_to_f32(half_at(x, i));
    } else if (element == LLAVA_F16) {
        for (size_t i = 0; i < columns; i++) {
            float value = f16_to_f32(half_at(x, i));
            y[i] = round ? round_f16(value) : value;
        }
    } else {
        for (size_t i = 0; i < columns; i++) {
            float value = float_at(x, i);
            y[i] = round ? bf16_to_f32(f32_to_bf16(value)) : value;
        }
    }
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
    static const size_t width[] = {4, 2, 2};
    return (const char *)w->data + row * w->row_bytes + column * width[w->element];
}

static inline int aligned_to(size_t bytes, const llava_weights *w, const char *first) {
    return w->row_bytes % bytes == 0 && (uintptr_t)first % bytes == 0;
}

/* Whether tiles can read these weights where they are: already weight_t, whole tiles of rows and
   whole steps of columns. */
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
