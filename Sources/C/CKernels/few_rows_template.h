/* Few activation rows by bf16 or f16 weights in place, where memory bandwidth is the limit.
   SPDX-License-Identifier: Apache-2.0

   A tile has a lane for each activation row, and wastes most lanes when there are few. Here
   the lanes are weight rows: PART_ROWS rows by FEW_COLUMNS columns are transposed in registers, so
   that one instruction multiplies them all. Each sum is still the same chain over k, so both methods
   give the same bits. The including file has included the vectors of its instruction set
   (vectors_256.h, vectors_512.h) and defined

     FEW            largest number of activation rows for this method; FEW_BF16 for bf16 weights
     AT_ONCE        number of them, at most 16, whose sums fit into registers
     DENSE          largest number that is packed without gaps, to leave the cache to the weights
     FEW_COLUMNS    columns of a step, at most 32
     PAIRS          half as many: registers of a step
     PART_ROWS      weight rows of a step: the lanes of a vector of sums
     PARTS          number of such parts summed side by side, 1 or 2, as each addition in a chain
                    waits for the one before
     LAG            columns by which the second part follows the first, whole steps
     fetch_next(w, stride, k)          prefetches the columns of all parts in the rows after these
     load_pairs(v, w, stride, pairs, element)
                                       a step of `pairs` pairs of columns, as bf16, transposed
     add_pairs(lanes, pairs, sum, v, x)
                                       sum[lane] += its products; x is packed in `lanes` lanes

   and MORE_ROWS where it has another method for more rows, and its own few_rows. */

enum { WEIGHT_ROWS = PARTS * PART_ROWS };
_Static_assert(FEW_COLUMNS == 2 * PAIRS && LAG % FEW_COLUMNS == 0, "whole steps");

static inline size_t packed_lanes(size_t m) { return m <= DENSE ? m : LANES; }

/* The number of columns, which is even, before the first cache line boundary of every row; 0 where
   rows differ. Vectors that cross the boundary cost a sixth of the speed, and the tensors of a file
   may begin anywhere. */
static inline size_t unaligned_columns(const uint16_t *w, size_t stride, size_t columns) {
    size_t bytes = (64 - (uintptr_t)w % 64) % 64;
    if (stride % 32 != 0 || bytes % 4 != 0) return 0;
    return bytes / 2 < columns ? bytes / 2 : columns;
}

/* sum[part][lanes] += the products by `pairs` pairs of columns from k on. */
INLINE void add_step(const int lanes, floats sum[PARTS][AT_ONCE], const int part,
                     const uint16_t *w, size_t stride, const llava_element element,
                     const packed_t *x, size_t k, int pairs) {
    ints v[PAIRS];
    load_pairs(v, w + (size_t)part * PART_ROWS * stride + k, stride, pairs, element);
    add_pairs(lanes, pairs, sum[part], v, x + k * (size_t)lanes);
}

/* All parts, over columns whose last step may be incomplete. */
INLINE void add_columns(const int lanes, floats sum[PARTS][AT_ONCE], const uint16_t *w,
                        size_t stride, const llava_element element, const packed_t *x,
                        size_t from, size_t to) {
    for (size_t k = from; k < to; k += FEW_COLUMNS) {
        int pairs = (int)(to - k < FEW_COLUMNS ? to - k : FEW_COLUMNS) / 2;
        for (int part = 0; part < PARTS; part++)
            add_step(lanes, sum, part, w, stride, element, x, k, pairs);
    }
}

/* The same by whole steps, with the second part LAG columns behind the first: where the stride of
   rows is a power of two, as it mostly is, lines of the same columns share one set of the cache,
   which has no room for both parts (1.4 times the speed on AVX2; the lag is one and a half lines, so
   that the parts begin their lines in turn). */
INLINE void add_lagging(const int lanes, floats sum[PARTS][AT_ONCE], const uint16_t *w,
                        size_t stride, const llava_element element, const packed_t *x,
                        size_t from, size_t to) {
    const size_t lag = PARTS == 1 ? 0 : to - from < LAG ? to - from : LAG;
    size_t k = from;
    for (; k < from + lag; k += FEW_COLUMNS) {
        fetch_next(w, stride, k);
        add_step(lanes, sum, 0, w, stride, element, x, k, PAIRS);
    }
    for (; k < to; k += FEW_COLUMNS) {
        fetch_next(w, stride, k);
        add_step(lanes, sum, 0, w, stride, element, x, k, PAIRS);
        if (PARTS > 1) add_step(lanes, sum, PARTS - 1, w, stride, element, x, k - lag, PAIRS);
    }
    for (k = to - lag; k < to; k += FEW_COLUMNS)
        add_step(lanes, sum, PARTS - 1, w, stride, element, x, k, PAIRS);
}

/* y[m][rows] = products over `columns`; rows a multiple of WEIGHT_ROWS, columns of 2. */
INLINE void multiply_few_rows(const int lanes, size_t m, float *y, size_t y_stride, size_t rows,
                              const uint16_t *w, size_t stride, const llava_element element,
                              const packed_t *x, size_t columns) {
    size_t head = unaligned_columns(w, stride, columns);
    size_t whole = head + (columns - head) / FEW_COLUMNS * FEW_COLUMNS;
    for (size_t row = 0; row < rows; row += WEIGHT_ROWS, w += WEIGHT_ROWS * stride) {
        floats sum[PARTS][AT_ONCE];
        for (int part = 0; part < PARTS; part++)
            for (int i = 0; i < lanes; i++) sum[part][i] = no_floats();
        add_columns(lanes, sum, w, stride, element, x, 0, head);
        add_lagging(lanes, sum, w, stride, element, x, head, whole);
        add_columns(lanes, sum, w, stride, element, x, whole, columns);
        for (size_t i = 0; i < m; i++)
            for (size_t part = 0; part < PARTS; part++)
                store_floats(y + i * y_stride + row + part * PART_ROWS, sum[part][i]);
    }
}

_Static_assert(AT_ONCE <= 16, "a function for each number of lanes");
_Static_assert(DENSE == AT_ONCE || LANES == AT_ONCE,
               "what is not packed densely has as many lanes as fit into registers");

/* lanes_1 .. lanes_16: separate code for each number of packed lanes and each type: branching on
   them at every step costs a sixth of the speed. */
#define ROWS_IN_LANES(count)                                                                     \
    static void lanes_##count(size_t m, float *y, size_t y_stride, size_t rows,                  \
                              const uint16_t *w, size_t stride, llava_element element,           \
                              const packed_t *x, size_t columns) {                               \
        if (count > DENSE && count != AT_ONCE) __builtin_unreachable();                          \
        if (element == LLAVA_BF16)                                                               \
            multiply_few_rows(count, m, y, y_stride, rows, w, stride, LLAVA_BF16, x, columns);   \
        else                                                                                     \
            multiply_few_rows(count, m, y, y_stride, rows, w, stride, LLAVA_F16, x, columns);    \
    }
#define FOR_ALL_LANES(DO)                                                                        \
    DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8)                                              \
    DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15) DO(16)
FOR_ALL_LANES(ROWS_IN_LANES)

static void rows_in_lanes(size_t m, float *y, size_t y_stride, size_t rows, const uint16_t *w,
                          size_t stride, llava_element element, const packed_t *x, size_t columns) {
    switch (packed_lanes(m)) {
#define CASE(count)                                                                              \
    case count: lanes_##count(m, y, y_stride, rows, w, stride, element, x, columns); break;
        FOR_ALL_LANES(CASE)
#undef CASE
    }
}

#ifndef MORE_ROWS
static void few_rows(size_t m, float *y, size_t y_stride, size_t rows, const uint16_t *w,
                     size_t stride, llava_element element, const packed_t *x, size_t columns) {
    rows_in_lanes(m, y, y_stride, rows, w, stride, element, x, columns);
}
#endif
