/* Few activation rows by bf16 or f16 weights in place, where reading the weights is all the work.
   SPDX-License-Identifier: Apache-2.0

   A tile spends a lane on each activation row, most of them for nothing when there are few. Here
   the lanes are weight rows: FEW_LANES rows by FEW_COLUMNS columns are transposed in registers,
   then one instruction serves them all. Each sum still is the same chain over k, so both ways give
   the same bits. The including file has defined

     ROWS_AT_ONCE   activation rows, at most 16, whose sums fit into registers
     DENSE_ROWS     up to how many of them are packed without gaps, lest they fill the cache that
                    the weights pass through
     FEW_LANES      weight rows of a vector of sums, sum_t
     FEW_COLUMNS    columns of a step, at most 32
     PAIRS          registers of a step, pair_t
     zero_sums, store_sums
     fetch_next(w, stride, k)          from memory, a step's worth of the rows behind these
     load_pairs(v, w, stride, pairs, element)
                                       a step of `pairs` pairs of columns, as bf16, transposed
     add_pairs(lanes, pairs, sum, v, x)
                                       sum[lane] += its products; x is packed in `lanes` lanes

   and MORE_ROWS where it has another way for more rows, and few_rows of its own. */

static inline size_t packed_lanes(size_t m) { return m <= DENSE_ROWS ? m : LANES; }

/* Columns, an even number, before every row's first cache line boundary; 0 where the rows differ.
   A vector that crosses the boundary costs a sixth of the speed, and where the tensors of a file
   begin is chance. */
static inline size_t unaligned_columns(const uint16_t *w, size_t stride, size_t columns) {
    size_t bytes = (64 - (uintptr_t)w % 64) % 64;
    if (stride % 32 != 0 || bytes % 4 != 0) return 0;
    return bytes / 2 < columns ? bytes / 2 : columns;
}

/* sum[m] += the products of a vector of rows by fewer columns than a line has. */
static inline __attribute__((always_inline)) void
add_part_of_line(const int lanes, sum_t *sum, const uint16_t *w, size_t stride, llava_element element,
                 const packed_t *x, size_t columns) {
    pair_t v[PAIRS];
    while (columns > 0) {
        size_t now = columns < FEW_COLUMNS ? columns : FEW_COLUMNS;
        load_pairs(v, w, stride, (int)now / 2, element);
        add_pairs(lanes, (int)now / 2, sum, v, x);
        w += now, x += now * (size_t)lanes, columns -= now;
    }
}

/* y[m][rows] = products over `columns`; rows a multiple of FEW_LANES, columns of 2. */
static inline __attribute__((always_inline)) void
multiply_few_rows(const int lanes, size_t m, float *y, size_t y_stride, size_t rows,
                  const uint16_t *w, size_t stride, llava_element element, const packed_t *x,
                  size_t columns) {
    size_t head = unaligned_columns(w, stride, columns);
    size_t whole = head + (columns - head) / FEW_COLUMNS * FEW_COLUMNS;
    for (size_t row = 0; row < rows; row += FEW_LANES, w += FEW_LANES * stride) {
        pair_t v[PAIRS];
        sum_t sum[ROWS_AT_ONCE];
        for (int i = 0; i < lanes; i++) sum[i] = zero_sums();
        if (head > 0) add_part_of_line(lanes, sum, w, stride, element, x, head);
        for (size_t k = head; k < whole; k += FEW_COLUMNS) {
            fetch_next(w, stride, k);
            load_pairs(v, w + k, stride, FEW_COLUMNS / 2, element);
            add_pairs(lanes, FEW_COLUMNS / 2, sum, v, x + k * (size_t)lanes);
        }
        if (whole < columns)
            add_part_of_line(lanes, sum, w + whole, stride, element, x + whole * (size_t)lanes,
                             columns - whole);
        for (size_t i = 0; i < m; i++) store_sums(y + i * y_stride + row, sum[i]);
    }
}

_Static_assert(ROWS_AT_ONCE <= 16, "a case for each number of activation rows");

static void rows_in_lanes(size_t m, float *y, size_t y_stride, size_t rows, const uint16_t *w,
                          size_t stride, llava_element element, const packed_t *x, size_t columns) {
    switch (packed_lanes(m)) {
#define CASE(count)                                                                              \
    case count:                                                                                  \
        if (count <= DENSE_ROWS || count == ROWS_AT_ONCE) /* or no code is made of it */         \
            multiply_few_rows(count, m, y, y_stride, rows, w, stride, element, x, columns);      \
        break;
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
        CASE(7)
        CASE(8)
        CASE(9)
        CASE(10)
        CASE(11)
        CASE(12)
        CASE(13)
        CASE(14)
        CASE(15)
        CASE(16)
#undef CASE
    }
}

#ifndef MORE_ROWS
static void few_rows(size_t m, float *y, size_t y_stride, size_t rows, const uint16_t *w,
                     size_t stride, llava_element element, const packed_t *x, size_t columns) {
    rows_in_lanes(m, y, y_stride, rows, w, stride, element, x, columns);
}
#endif
