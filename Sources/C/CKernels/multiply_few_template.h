/* The product with few activation rows: weights that few_rows cannot read in place are first converted
   to bf16 in scratch, WEIGHT_ROWS rows at a time. Part of matmul_template.h.
   SPDX-License-Identifier: Apache-2.0 */

_Static_assert(FEW <= PANEL && DENSE <= LANES,
               "few activations fit into packed groups");
_Static_assert(DENSE <= FEW_BF16 && FEW_BF16 <= FEW,
               "tiles never see what is packed densely");
_Static_assert(K_STEP % 2 == 0, "packed widths hold whole pairs of columns");

static inline size_t rounded_stride(size_t k) { return padded_columns(k) + 64 / sizeof(uint16_t); }

static size_t few_rows_scratch_bytes(size_t k) {
    return WEIGHT_ROWS * (rounded_stride(k) * sizeof(uint16_t) + FEW * sizeof(float));
}

/* The last weight rows, or rows of another type: y[m][rows], with at most WEIGHT_ROWS rows. */
static void multiply_rounded(float *y, size_t y_stride, const packed_t *x, const llava_weights *w,
                             size_t row, size_t m, size_t rows, size_t k, void *scratch) {
    float *sums = scratch;
    uint16_t *rounded = (uint16_t *)(void *)(sums + FEW * WEIGHT_ROWS);
    size_t stride = rounded_stride(k), padded = padded_columns(k);
    for (size_t r = 0; r < rows; r++)
        round_row(rounded + r * stride, first_weight(w, row + r, 0), w->element, k, padded);
    for (size_t r = rows; r < WEIGHT_ROWS; r++)
        memset(rounded + r * stride, 0, padded * sizeof *rounded);
    few_rows(m, sums, WEIGHT_ROWS, WEIGHT_ROWS, rounded, stride, LLAVA_BF16, x, padded);
    for (size_t i = 0; i < m; i++)
        memcpy(y + i * y_stride, sums + i * WEIGHT_ROWS, rows * sizeof *y);
}

static void multiply_few(float *y, size_t y_stride, const packed_t *x, const llava_weights *w,
                         size_t m, size_t n, size_t k, void *scratch) {
    const char *first = first_weight(w, 0, 0);
    int readable = w->element == LLAVA_BF16 || (w->element == LLAVA_F16 && m <= AT_ONCE);
    int lines_up = aligned_to(sizeof(uint16_t), w, first) && k % 2 == 0;
    size_t whole = readable && lines_up ? n / WEIGHT_ROWS * WEIGHT_ROWS : 0;
    if (whole > 0)
        few_rows(m, y, y_stride, whole, (const uint16_t *)(const void *)first, w->row_bytes / 2,
                 w->element, x, k);
    for (size_t row = whole; row < n; row += WEIGHT_ROWS)
        multiply_rounded(y + row, y_stride, x, w, row, m,
                         n - row < WEIGHT_ROWS ? n - row : WEIGHT_ROWS, k, scratch);
}
