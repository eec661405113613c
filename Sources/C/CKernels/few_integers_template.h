/* The product of quantised weights and few rows of integer activations: LANES weight rows are
   unpacked into the lanes of vectors, where they multiply all activations. Included once for each
   instruction set; scalar/integer_scalar.c has the definition.
   SPDX-License-Identifier: Apache-2.0

   The including file has defined FEW_INTEGERS, the largest number of activation rows, FEW_AT_ONCE,
   the number of them that are multiplied per load of weights (4 or 16), and

     dot_bytes(bits, sum, q, x)   sum += q . x, by bytes; q is unsigned, except where bits is 8 and
                                  TURNED_SIGNS is not defined */
#include "integer_lanes_template.h"

#ifdef TURNED_SIGNS
enum { FEW_OFFSET_OF_8_BITS = 128 };
#else
enum { FEW_OFFSET_OF_8_BITS = 0 };
#endif
/* Unrolls a loop, so that sums stay in registers; without it unrolling depends on the compiler's
   options. */
#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

/* Bytes of the largest block. */
enum { MOST_BLOCK_BYTES = 210 };

/* Activation rows from one block on, each packed separately, `stride` bytes apart. */
typedef struct few_rows {
    const char *scale, *sums;
    const int8_t *q;
    size_t stride;
} few_rows;

/* The rows from row i on. */
INLINE few_rows rows_from(const void *packed, size_t i, size_t k, const int large) {
    activations x = group_of(packed, i, 1, k, large);
    return (few_rows){(char *)x.scales, x.sums, x.q, group_bytes(1, k, large)};
}

INLINE few_rows next_block(few_rows x, const int large) {
    return (few_rows){x.scale + sizeof(float), x.sums + (large ? PARTS_OF_LARGE * 2 : 4),
                      x.q + (large ? LARGE_BLOCK : SMALL_BLOCK), x.stride};
}

INLINE floats scale_of(const few_rows *x, int i) {
    return every_float(float_at(x->scale + (size_t)i * x->stride, 0));
}

/* sums[rows] += the products of `quads` quads and the columns from `column` on. */
INLINE void add_quads(ints *sums, const ints *q, const int quads, const few_rows *x, int column,
                      const int rows, const int bits) {
    EACH(j, quads)
        EACH(i, rows)
            sums[i] = dot_bytes(bits, sums[i], q[j],
                                four_bytes(x->q + (size_t)i * x->stride + column + 4 * j));
}

/* Adds one by-32 block to the chains y[rows]. */
INLINE void add_small_block(floats *y, const ints q[SMALL_QUADS], floats d, floats minimum,
                            const few_rows *x, const int rows, const llava_element element) {
    const int bits = bits_of(element), half = SMALL_QUADS / 2;
    const int taken = bits == 8 ? FEW_OFFSET_OF_8_BITS : offset_of(element);
    /* Two sums, one for each half, as each addition to a single sum would wait for the one before. */
    ints first[FEW_AT_ONCE], second[FEW_AT_ONCE];
    int32_t s[FEW_AT_ONCE];
    EACH(i, rows) {
        memcpy(s + i, x->sums + (size_t)i * x->stride, sizeof *s);
        first[i] = taken ? every_int(-taken * s[i]) : no_ints();
        second[i] = no_ints();
    }
    ints *last = rows > 2 ? first : second;
    add_quads(first, q, half, x, 0, rows, bits);
    add_quads(last, q + half, half, x, SMALL_BLOCK / 2, rows, bits);
    EACH(i, rows) {
        ints u = rows > 2 ? first[i] : add_ints(first[i], second[i]);
        y[i] = add_product(as_floats(u), times_floats(d, scale_of(x, i)), y[i]);
        if (has_minimum(element))
            y[i] = add_product(every_float((float)s[i]), times_floats(minimum, scale_of(x, i)),
                               y[i]);
    }
}

/* The columns of a by-256 block that share a step. */
INLINE int columns_of_part(const llava_element element) {
    return element == LLAVA_Q6_K ? PART : 2 * PART;
}

/* upper[rows] += the sums over part `part` of a slice, whose quads are q, times their step. */
INLINE void add_part(ints *upper, const ints *q, const lane_steps *steps, const few_rows *x,
                     const int slice, const int part, const int rows,
                     const llava_element element) {
    const int columns = columns_of_part(element), column = column_of(slice, part, element);
    ints sums[FEW_AT_ONCE];
    EACH(i, rows) sums[i] = no_ints();
    add_quads(sums, q, columns / 4, x, column, rows, bits_of(element));
    EACH(i, rows) upper[i] = add_ints(upper[i], times_ints(sums[i], steps->steps[column / columns]));
}

/* Adds one by-256 block to the chains y[rows]; `upper` is its sum of steps times sums. */
INLINE void finish_large_block(floats *y, const ints *upper, floats d, floats minimum,
                               const lane_steps *steps, const few_rows *x, const int rows) {
    EACH(i, rows) {
        ints lower = no_ints();
        EACH(pair, PARTS_OF_LARGE / 2) {
            ints sums = four_bytes(x->sums + (size_t)i * x->stride + 4 * pair);
            lower = add_ints(lower, pair_products(steps->least[pair], sums));
        }
        floats sum = add_product(as_floats(upper[i]), times_floats(d, scale_of(x, i)), y[i]);
        y[i] = subtract_product(as_floats(lower), times_floats(minimum, scale_of(x, i)), sum);
    }
}

/* Adds one block to the chains y[rows], with its weights in registers; prefetches `next` meanwhile. */
INLINE void add_one_block(floats *y, const uint8_t *w, size_t row_bytes, const uint8_t *next,
                          const few_rows *x, const int rows, const llava_element element) {
    const size_t fetched = LANES * FORMAT_TABLE[element].block_bytes;
    floats d, minimum;
    lane_steps steps;
    ints q[SLICE_QUADS], upper[FEW_AT_ONCE];
    unpack_scales(&d, &minimum, &steps, w, row_bytes, element);
    if (!is_by_256(element)) {
        fetch_ahead(next, fetched);
        unpack_small(q, w, row_bytes, element);
        add_small_block(y, q, d, minimum, x, rows, element);
        return;
    }
    /* Prefetches are spread over the block: in bursts they delay its own loads. */
    const int quads = columns_of_part(element) / 4, parts = SLICE_QUADS / quads;
    const size_t piece = fetched / (size_t)(SLICES * parts);
    EACH(i, rows) upper[i] = no_ints();
    EACH(slice, SLICES) {
        const uint8_t *ahead = next + (size_t)(slice * parts) * piece;
        fetch_ahead(ahead, piece);
        unpack_slice(q, w, row_bytes, slice, element);
        EACH(part, parts) {
            if (part) fetch_ahead(ahead + (size_t)part * piece, piece);
            add_part(upper, q + part * quads, &steps, x, slice, part, rows, element);
        }
    }
    finish_large_block(y, upper, d, minimum, &steps, x, rows);
}

/* One block of `rows` rows, the last repeated up to LANES, side by side. */
INLINE void copy_blocks(uint8_t *to, const uint8_t *x, size_t row_bytes, size_t rows,
                        size_t bytes) {
    for (size_t r = 0; r < LANES; r++)
        memcpy(to + r * bytes, x + (r < rows ? r : rows - 1) * row_bytes, bytes);
}

/* y [m, rows], with rows y_stride apart, from m activation rows, at most `many`, and `rows` weight
   rows, at most LANES; packed rows after the m rows are multiplied but unused. */
INLINE void few_at_once(float *y, size_t y_stride, const uint8_t *w, size_t row_bytes, size_t rows,
                        few_rows x, size_t m, size_t k, const int many,
                        const llava_element element) {
    const llava_format *stored = &FORMAT_TABLE[element];
    const size_t bytes = stored->block_bytes;
    const uint8_t *next = w + LANES * row_bytes;
    uint8_t edge[LANES * MOST_BLOCK_BYTES];
    floats chains[FEW_AT_ONCE];
    EACH(i, many) chains[i] = every_float(0);
    for (size_t b = 0; b < k / stored->block_elements; b++, w += bytes, next += LANES * bytes) {
        if (rows < LANES) copy_blocks(edge, w, row_bytes, rows, bytes);
        add_one_block(chains, rows < LANES ? edge : w, rows < LANES ? bytes : row_bytes, next, &x,
                      many, element);
        x = next_block(x, is_by_256(element));
    }
    for (size_t i = 0; i < m; i++) {
        float lanes[LANES];
        store_floats(lanes, chains[i]);
        memcpy(y + i * y_stride, lanes, rows * sizeof *y);
    }
}

/* The same for any m: FEW_AT_ONCE rows at a time, and the rest rounded up to a power of 2. */
INLINE void few_integers(const llava_element element, float *y, size_t y_stride, const uint8_t *w,
                         size_t row_bytes, size_t rows, const void *packed, size_t m, size_t k) {
    for (size_t i = 0; i < m; i += FEW_AT_ONCE, y += FEW_AT_ONCE * y_stride) {
        size_t now = m - i < FEW_AT_ONCE ? m - i : FEW_AT_ONCE;
        few_rows x = rows_from(packed, i, k, is_by_256(element));
#define FEW_CASE(many)                                                                            \
    if (many == FEW_AT_ONCE || (many < FEW_AT_ONCE && now <= many)) {                             \
        few_at_once(y, y_stride, w, row_bytes, rows, x, now, k,                                   \
                    many < FEW_AT_ONCE ? many : FEW_AT_ONCE, element);                            \
        continue;                                                                                 \
    }
        FEW_CASE(1) FEW_CASE(2) FEW_CASE(4) FEW_CASE(8) FEW_CASE(16)
#undef FEW_CASE
    }
}
