/* Transposition, for products with the columns of a row-major matrix, in vectors of eight elements,
   which every processor has in some form.
   SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

typedef uint16_t halves __attribute__((vector_size(16)));
typedef uint32_t words __attribute__((vector_size(16)));
typedef uint64_t longs __attribute__((vector_size(16)));

/* Transposes eight rows of eight by swapping elements, pairs and fours. */
static inline void transpose_8x8(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride) {
    halves a[8];
    words b[8];
    longs c[8];
    for (int i = 0; i < 8; i++) memcpy(&a[i], x + (size_t)i * x_stride, sizeof a[i]);
    for (int i = 0; i < 4; i++) {
        b[2 * i] = (words)__builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 8, 1, 9, 2, 10, 3, 11);
        b[2 * i + 1] =
            (words)__builtin_shufflevector(a[2 * i], a[2 * i + 1], 4, 12, 5, 13, 6, 14, 7, 15);
    }
    for (int i = 0; i < 2; i++)
        for (int half = 0; half < 2; half++) {
            words low = b[4 * i + half], high = b[4 * i + 2 + half];
            c[4 * i + 2 * half] = (longs)__builtin_shufflevector(low, high, 0, 4, 1, 5);
            c[4 * i + 2 * half + 1] = (longs)__builtin_shufflevector(low, high, 2, 6, 3, 7);
        }
    for (int i = 0; i < 4; i++) {
        longs first = __builtin_shufflevector(c[i], c[4 + i], 0, 2);
        longs second = __builtin_shufflevector(c[i], c[4 + i], 1, 3);
        memcpy(y + (size_t)(2 * i) * y_stride, &first, sizeof first);
        memcpy(y + (size_t)(2 * i + 1) * y_stride, &second, sizeof second);
    }
}

/* y[column, row] = x[row, column]. */
static void transpose_16(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride,
                         size_t rows, size_t columns) {
    size_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
    for (size_t row = 0; row < whole_rows; row += 8)
        for (size_t column = 0; column < whole_columns; column += 8)
            transpose_8x8(y + column * y_stride + row, y_stride, x + row * x_stride + column,
                          x_stride);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = row < whole_rows ? whole_columns : 0; column < columns; column++)
            y[column * y_stride + row] = x[row * x_stride + column];
}

/* The same for 32-bit elements, in tiles as wide as a cache line. */
static void transpose_32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                         size_t columns) {
    enum { SIDE = 16 };
    for (size_t top = 0; top < rows; top += SIDE)
        for (size_t left = 0; left < columns; left += SIDE) {
            size_t bottom = rows - top < SIDE ? rows : top + SIDE;
            size_t right = columns - left < SIDE ? columns : left + SIDE;
            for (size_t column = left; column < right; column++)
                for (size_t row = top; row < bottom; row++)
                    y[column * y_stride + row] = x[row * x_stride + column];
        }
}
