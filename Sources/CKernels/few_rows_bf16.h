/* The bf16 product for a few activation rows, where reading the weights is all the work.
   SPDX-License-Identifier: Apache-2.0

   A tile spends a whole vector on each pair of weights, sixteen lanes for sixteen activation rows;
   with one row that is slower than memory. Here the lanes are weight rows: 16 rows by 32 columns
   are transposed in registers, then one instruction serves 16 rows. Each sum still is the same
   chain over k, so both ways give the same bits.
   The including file has defined pair_of. */
#include "transpose_512.h"

enum {
    FEW_ROWS = 8 /* beyond about 11 rows the tiles are faster */
};

/* 16 rows by 32 columns (fewer at the end) as 16 vectors, each a pair of columns of all rows. The
   16 rows that come next are fetched meanwhile: sixteen short streams are too many for the
   processor's own prefetching (15 GB/s a core where this reaches 19 and a plain read 23). */
static inline __attribute__((always_inline)) void load_pairs(__m512i v[16], const uint16_t *w,
                                                             size_t stride, __mmask32 columns) {
    for (int r = 0; r < 16; r++) {
        _mm_prefetch((const char *)(w + (size_t)(r + 16) * stride), _MM_HINT_T1);
        v[r] = _mm512_maskz_loadu_epi16(columns, w + (size_t)r * stride);
    }
    transpose_16x16(v);
}

/* sum[m] += the products of 16 rows by `pairs` pairs of columns. */
static inline __attribute__((always_inline)) void add_pairs(const int m, const int pairs,
                                                            __m512 *sum, const __m512i v[16],
                                                            const uint16_t *x) {
    for (int pair = 0; pair < pairs; pair++)
        for (int i = 0; i < m; i++)
            sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)v[pair],
                                      pair_of(x + 2 * pair * LANES + 2 * i));
}

/* Columns, an even number, before every row's first cache line boundary; 0 where the rows differ. A
   vector that crosses the boundary costs a sixth of the speed, and where the tensors of a file begin
   is chance. */
static inline size_t unaligned_columns(const uint16_t *w, size_t stride, size_t columns) {
    size_t bytes = (64 - (uintptr_t)w % 64) % 64;
    if (stride % 32 != 0 || bytes % 4 != 0) return 0;
    return bytes / 2 < columns ? bytes / 2 : columns;
}

/* sum[m] += the products of 16 rows by fewer than 32 columns. */
static inline __attribute__((always_inline)) void add_some(const int m, __m512 *sum,
                                                           const uint16_t *w, size_t stride,
                                                           const uint16_t *x, size_t columns) {
    __m512i v[16];
    load_pairs(v, w, stride, (1u << columns) - 1);
    add_pairs(m, (int)columns / 2, sum, v, x);
}

/* y[m][rows] = products over `columns`; rows a multiple of 16, columns of 2. */
static inline __attribute__((always_inline)) void few(const int m, float *y, size_t y_stride,
                                                      size_t rows, const uint16_t *w,
                                                      size_t stride, const uint16_t *x,
                                                      size_t columns) {
    size_t head = unaligned_columns(w, stride, columns);
    size_t whole = head + (columns - head) / 32 * 32;
    for (size_t row = 0; row < rows; row += 16, w += 16 * stride) {
        __m512i v[16];
        __m512 sum[FEW_ROWS];
        for (int i = 0; i < m; i++) sum[i] = _mm512_setzero_ps();
        if (head > 0) add_some(m, sum, w, stride, x, head);
        for (size_t k = head; k < whole; k += 32) {
            load_pairs(v, w + k, stride, 0xFFFFFFFFu);
            add_pairs(m, 16, sum, v, x + k * LANES);
        }
        if (whole < columns)
            add_some(m, sum, w + whole, stride, x + whole * LANES, columns - whole);
        for (int i = 0; i < m; i++) _mm512_storeu_ps(y + (size_t)i * y_stride + row, sum[i]);
    }
}

static void few_rows(size_t m, float *y, size_t y_stride, size_t rows, const uint16_t *w,
                     size_t stride, const uint16_t *x, size_t columns) {
    switch (m) {
    case 1: few(1, y, y_stride, rows, w, stride, x, columns); break;
    case 2: few(2, y, y_stride, rows, w, stride, x, columns); break;
    case 3: few(3, y, y_stride, rows, w, stride, x, columns); break;
    case 4: few(4, y, y_stride, rows, w, stride, x, columns); break;
    case 5: few(5, y, y_stride, rows, w, stride, x, columns); break;
    case 6: few(6, y, y_stride, rows, w, stride, x, columns); break;
    case 7: few(7, y, y_stride, rows, w, stride, x, columns); break;
    case 8: few(8, y, y_stride, rows, w, stride, x, columns); break;
    }
}
