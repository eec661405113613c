/* The product of quantised weights and integer activations, instantiated once for each instruction set.
   SPDX-License-Identifier: Apache-2.0

   Sums of integers are exact, so that only the order of the chain over blocks matters: every set
   gives the same bits (integer_scalar.c has the definition). The including file has included
   integer_tile.h and defined FORMAT_TABLE and

     tile_by_32(groups, bits, offset, minimum, tile)   (constants except for the last)
     tile_by_256(groups, bits, tile)
         add `tile`'s blocks to its sums [ROWS][groups][LANES]
     few_integers(element, y, y_stride, w, row_bytes, rows, packed, m, k)
         y [m, rows], m at most FEW_INTEGERS and rows at most LANES, by weights in place
         (few_integers_template.h); unless FEW_INTEGERS is 0

   Weights are unpacked in blocks of INTEGER_ROWS_PER_BLOCK rows by INTEGER_COLUMNS columns, each of
   which then multiplies all activations. */

enum {
    INTEGER_ROWS_PER_BLOCK = 64,
    INTEGER_COLUMNS = 1024,
    INTEGER_MAX_ROWS = 768,
    /* The stride of unpacked rows is not a power of two: rows would share one set of the cache. */
    INTEGER_STRIDE = INTEGER_COLUMNS + 64,
    LARGE_BLOCKS = INTEGER_COLUMNS / LARGE_BLOCK,
    SMALL_BLOCKS = INTEGER_COLUMNS / SMALL_BLOCK,
};
_Static_assert(INTEGER_ROWS_PER_BLOCK % ROWS == 0, "a block holds whole tiles");
_Static_assert(INTEGER_MAX_ROWS % (GROUPS * LANES) == 0, "a call holds whole panels");

/* The functions for one format. */
typedef struct integer_format {
    /* unpacks one row of blocks to row r */
    void (*unpack)(const integers *to, size_t r, const uint8_t *x, size_t blocks);
    /* by the number of groups of a tile, minus 1 */
    void (*tiles[GROUPS])(const integer_tile *tile);
#if FEW_INTEGERS
    void (*few)(float *y, size_t y_stride, const uint8_t *w, size_t row_bytes, size_t rows,
                const void *packed, size_t m, size_t k);
#endif
} integer_format;

static size_t integer_scratch_bytes(size_t m, size_t k) {
    (void)k;
    size_t lanes = (m + LANES - 1) / LANES * LANES;
    size_t scales = SMALL_BLOCKS * 2 * sizeof(float);
    size_t steps = LARGE_BLOCKS * PARTS_OF_LARGE * 2 * sizeof(int16_t);
    return INTEGER_ROWS_PER_BLOCK * (lanes * sizeof(float) + scales + steps + INTEGER_STRIDE);
}

/* The place for the integers of one block of weights, after the sums of `lanes` lanes. */
static integers integers_in(void *scratch, size_t lanes) {
    const size_t rows = INTEGER_ROWS_PER_BLOCK;
    float *scales = (float *)scratch + rows * lanes;
    float *minima = scales + rows * SMALL_BLOCKS;
    int16_t *steps = (int16_t *)(void *)(minima + rows * SMALL_BLOCKS);
    int16_t *least = steps + rows * LARGE_BLOCKS * PARTS_OF_LARGE;
    uint8_t *q = (uint8_t *)(void *)(least + rows * LARGE_BLOCKS * PARTS_OF_LARGE);
    return (integers){q, INTEGER_STRIDE, scales, minima, steps, least};
}

/* The same from row r on, for rows with `blocks` blocks. */
static integers integers_from(const integers *all, size_t r, size_t blocks) {
    size_t place = r * blocks, part = place * PARTS_OF_LARGE;
    return (integers){all->q + r * all->stride, all->stride,       all->scales + place,
                      all->minima + place,      all->steps + part, all->least + part};
}

/* Unpacks `rows` weight rows from `row` on, and repeats the last to fill whole tiles. Prefetches what
   follows in each row, or after its last columns the row that takes its place. */
static void unpack_rows(const integers *to, const integer_format *format, const llava_weights *w,
                        size_t row, size_t rows, size_t column, size_t columns, size_t n, size_t k) {
    const llava_format *stored = &FORMAT_TABLE[w->element];
    const size_t blocks = columns / stored->block_elements, bytes = blocks * stored->block_bytes;
    const uint8_t *all = (const uint8_t *)w->data;
    for (size_t r = 0; r < (rows + ROWS - 1) / ROWS * ROWS; r++) {
        size_t place = row + (r < rows ? r : rows - 1), next = place + INTEGER_ROWS_PER_BLOCK;
        const uint8_t *x = all + place * w->row_bytes
                         + column / stored->block_elements * stored->block_bytes;
        if (column + columns < k)
            fetch_ahead(x + bytes, bytes);
        else if (next < n)
            fetch_ahead(all + next * w->row_bytes, bytes);
        format->unpack(to, r, x, blocks);
    }
}

/* The packed activations from block b on. */
static activations activations_from(activations group, size_t b, int large) {
    size_t block = large ? LARGE_BLOCK : SMALL_BLOCK, sums = sums_bytes(LANES, block, large);
    return (activations){group.scales + b * LANES, (char *)group.sums + b * sums,
                         group.q + b * block * LANES};
}

/* Multiplies one block of unpacked weights by all activations and adds to the sums
   [rows][groups][LANES] of each panel, which begin with zeros at a row's first block. */
static void add_block(float *sums, const integer_format *format, const integers *w, size_t rows,
                      const void *packed, size_t m, size_t k, size_t column, size_t columns,
                      int large) {
    const size_t block = large ? LARGE_BLOCK : SMALL_BLOCK;
    const size_t groups = (m + LANES - 1) / LANES, blocks = columns / block;
    for (size_t g = 0; g < groups; g += GROUPS) {
        size_t wide = groups - g < GROUPS ? groups - g : GROUPS;
        integer_tile tile = {.blocks = blocks, .group_stride = group_bytes(LANES, k, large)};
        for (size_t i = 0; i < wide; i++)
            tile.x[i] = activations_from(group_of(packed, g + i, LANES, k, large), column / block,
                                         large);
        for (size_t r = 0; r < rows; r += ROWS) {
            tile.sums = sums + INTEGER_ROWS_PER_BLOCK * g * LANES + r * wide * LANES;
            tile.w = integers_from(w, r, blocks);
            if (column == 0) memset(tile.sums, 0, ROWS * wide * LANES * sizeof *sums);
            format->tiles[wide - 1](&tile);
        }
    }
}

/* Stores the sums of all panels to rows of y. */
static void store_sums(float *y, size_t y_stride, const float *sums, size_t m, size_t rows) {
    for (size_t first = 0; first < m; first += GROUPS * LANES) {
        size_t groups = (m - first + LANES - 1) / LANES, wide = groups < GROUPS ? groups : GROUPS;
        const float *panel = sums + INTEGER_ROWS_PER_BLOCK * first;
        for (size_t lane = first; lane < m && lane < first + wide * LANES; lane++)
            for (size_t r = 0; r < rows; r++)
                y[lane * y_stride + r] = panel[r * wide * LANES + lane - first];
    }
}

static void multiply_many(float *y, size_t y_stride, const integer_format *format,
                          const void *packed, const llava_weights *w, size_t m, size_t n, size_t k,
                          void *scratch) {
    const int large = is_by_256(w->element);
    integers unpacked = integers_in(scratch, (m + LANES - 1) / LANES * LANES);
    for (size_t row = 0; row < n; row += INTEGER_ROWS_PER_BLOCK) {
        size_t rows = n - row < INTEGER_ROWS_PER_BLOCK ? n - row : INTEGER_ROWS_PER_BLOCK;
        for (size_t column = 0; column < k; column += INTEGER_COLUMNS) {
            size_t columns = k - column < INTEGER_COLUMNS ? k - column : INTEGER_COLUMNS;
            unpack_rows(&unpacked, format, w, row, rows, column, columns, n, k);
            add_block(scratch, format, &unpacked, rows, packed, m, k, column, columns, large);
        }
        store_sums(y + row, y_stride, scratch, m, rows);
    }
}

#if FEW_INTEGERS
/* Multiplies LANES weight rows by all activations before the next rows are read. */
static void multiply_few(float *y, size_t y_stride, const integer_format *format,
                         const void *packed, const llava_weights *w, size_t m, size_t n, size_t k) {
    for (size_t row = 0; row < n; row += LANES) {
        size_t rows = n - row < LANES ? n - row : LANES;
        const uint8_t *first = (const uint8_t *)w->data + row * w->row_bytes;
        format->few(y + row, y_stride, first, w->row_bytes, rows, packed, m, k);
    }
}
#define FEW_FUNCTION(element)                                                                     \
    static void few_##element(float *y, size_t y_stride, const uint8_t *w, size_t row_bytes,      \
                              size_t rows, const void *packed, size_t m, size_t k) {              \
        few_integers(LLAVA_##element, y, y_stride, w, row_bytes, rows, packed, m, k);             \
    }
#define FEW_ENTRY(element) few_##element,
#else
#define FEW_FUNCTION(element)
#define FEW_ENTRY(element)
#endif

#define TILE_FUNCTION(groups, element)                                                            \
    static void tile_##groups##_##element(const integer_tile *tile) {                             \
        if (is_by_256(LLAVA_##element))                                                           \
            tile_by_256(groups, bits_of(LLAVA_##element), tile);                                  \
        else                                                                                      \
            tile_by_32(groups, bits_of(LLAVA_##element), offset_of(LLAVA_##element),              \
                       has_minimum(LLAVA_##element), tile);                                       \
    }
#if GROUPS == 3
#define TILE_FUNCTIONS(element)                                                                   \
    TILE_FUNCTION(1, element) TILE_FUNCTION(2, element) TILE_FUNCTION(3, element)
#define TILE_ENTRIES(element) {tile_1_##element, tile_2_##element, tile_3_##element}
#elif GROUPS == 2
#define TILE_FUNCTIONS(element) TILE_FUNCTION(1, element) TILE_FUNCTION(2, element)
#define TILE_ENTRIES(element) {tile_1_##element, tile_2_##element}
#else
#define TILE_FUNCTIONS(element) TILE_FUNCTION(1, element)
#define TILE_ENTRIES(element) {tile_1_##element}
#endif

#define INTEGER_FORMAT(element)                                                                   \
    static void unpack_##element(const integers *to, size_t r, const uint8_t *x, size_t blocks) { \
        row_of_integers(to, r, x, blocks, LLAVA_##element);                                       \
    }                                                                                             \
    TILE_FUNCTIONS(element)                                                                       \
    FEW_FUNCTION(element)
INTEGER_FORMAT(Q4_0)
INTEGER_FORMAT(Q4_1)
INTEGER_FORMAT(Q5_0)
INTEGER_FORMAT(Q5_1)
INTEGER_FORMAT(Q8_0)
INTEGER_FORMAT(Q4_K)
INTEGER_FORMAT(Q5_K)
INTEGER_FORMAT(Q6_K)

#define INTEGER_ENTRY(element)                                                                    \
    [LLAVA_##element] = {unpack_##element, TILE_ENTRIES(element), FEW_ENTRY(element)}
static const integer_format integer_formats[LLAVA_FORMATS] = {
    INTEGER_ENTRY(Q4_0), INTEGER_ENTRY(Q4_1), INTEGER_ENTRY(Q5_0), INTEGER_ENTRY(Q5_1),
    INTEGER_ENTRY(Q8_0), INTEGER_ENTRY(Q4_K), INTEGER_ENTRY(Q5_K), INTEGER_ENTRY(Q6_K),
};

static void multiply_integers(float *y, size_t y_stride, const void *packed, const llava_weights *w,
                              size_t m, size_t n, size_t k, void *scratch) {
    const integer_format *format = &integer_formats[w->element];
#if FEW_INTEGERS
    if (m <= FEW_INTEGERS) {
        multiply_few(y, y_stride, format, packed, w, m, n, k);
        return;
    }
#endif
    multiply_many(y, y_stride, format, packed, w, m, n, k, scratch);
}

/* The two products of an instruction set. */
#define INTEGER_PRODUCTS(set)                                                                     \
    const llava_product llava_product_##set##_by_32 = {                                           \
        LLAVA_Q8_0, LANES, INTEGER_MAX_ROWS, INTEGER_ROWS_PER_BLOCK, packed_bytes_by_32,          \
        pack_by_32, integer_scratch_bytes, multiply_integers};                                    \
    const llava_product llava_product_##set##_by_256 = {                                          \
        LLAVA_Q8_0, LANES, INTEGER_MAX_ROWS, INTEGER_ROWS_PER_BLOCK, packed_bytes_by_256,         \
        pack_by_256, integer_scratch_bytes, multiply_integers};
