/* Few activation rows with AVX2: steps of 8 weight rows by 16 columns, two of them in turn; beyond
   AT_ONCE rows, tiles whose lanes are activation rows.
   SPDX-License-Identifier: Apache-2.0 */
#define MORE_ROWS
enum { FEW = 16, FEW_BF16 = 16, AT_ONCE = 5, DENSE = 5 };
enum { FEW_COLUMNS = 16, PAIRS = 8, PART_ROWS = 8, PARTS = 2, LAG = 48 };
/* Rows of 8 32-bit words become columns, in place. */
INLINE void transpose_8x8(__m256i v[8]) {
    __m256i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_epi32(v[i], v[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(v[i], v[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        v[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

/* Prefetches the next rows in the order of memory: 1.07 to 1.10 times the speed of prefetching half a
   KiB ahead in these rows, which in turn is faster than the order of the 512-bit steps. */
INLINE void fetch_next(const uint16_t *w, size_t stride, size_t k) {
    const size_t rows = PARTS * PART_ROWS;
    const char *next = (const char *)(w + rows * (stride + k));
    for (size_t line = 0; line < rows * FEW_COLUMNS * 2; line += 64)
        _mm_prefetch(next + line, _MM_HINT_T1);
}

/* As round_f16, in the low halves of words. */
static inline __m256i round_words(__m256 x) {
    __m256 wide = _mm256_mul_ps(x, _mm256_set1_ps(65537.0f));
    __m256 rest = _mm256_min_ps(_mm256_sub_ps(wide, x), _mm256_set1_ps(0x1p127f));
    return _mm256_srli_epi32((__m256i)_mm256_sub_ps(wide, rest), 16);
}

/* 16 columns of one row as bf16, or those of them in the first `pairs` pairs. */
INLINE __m256i line_of(const uint16_t *w, int pairs, llava_element element) {
    __m256i line;
    if (pairs == PAIRS) {
        line = _mm256_loadu_si256((const __m256i *)(const void *)w);
    } else {
        __m256i order = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(pairs), order);
        line = _mm256_maskload_epi32((const int *)(const void *)w, mask);
    }
    if (element == LLAVA_BF16) return line;
    __m256i low = round_words(_mm256_cvtph_ps(_mm256_castsi256_si128(line)));
    __m256i high = round_words(_mm256_cvtph_ps(_mm256_extracti128_si256(line, 1)));
    return _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xD8);
}

INLINE void load_pairs(__m256i v[PAIRS], const uint16_t *w, size_t stride, int pairs,
                       llava_element element) {
    for (int r = 0; r < PART_ROWS; r++) v[r] = line_of(w + (size_t)r * stride, pairs, element);
    transpose_8x8(v);
}

#include "../f32_pairs_template.h"
#include "../few_rows_template.h"

/* Two bf16 columns of one row, in every lane. */
static inline __m256i pair_of(const uint16_t *w) {
    int pair;
    memcpy(&pair, w, sizeof pair);
    return _mm256_set1_epi32(pair);
}

/* y = products of m activation rows, in one group or two, and at most 6 weight rows, whose columns
   are widened as they are used. */
INLINE void tile_in_place(const int groups, const int rows, float *y, size_t y_stride, size_t m,
                          const uint16_t *w, size_t stride, const float *x, size_t columns) {
    const __m256i upper = _mm256_set1_epi32(-65536);
    const size_t group_stride = LANES * columns;
    __m256 sum[6][2];
    for (int r = 0; r < rows; r++)
        for (int g = 0; g < groups; g++) sum[r][g] = _mm256_setzero_ps();
    for (size_t k = 0; k < columns; k += 2, x += 2 * LANES) {
        if (k % 32 == 0)
            for (int r = rows; r < 2 * rows; r++)
                _mm_prefetch((const char *)(w + (size_t)r * stride + k), _MM_HINT_T1);
        __m256 first[2], second[2];
        for (int g = 0; g < groups; g++) {
            first[g] = _mm256_loadu_ps(x + (size_t)g * group_stride);
            second[g] = _mm256_loadu_ps(x + (size_t)g * group_stride + LANES);
        }
        for (int r = 0; r < rows; r++) {
            __m256i pair = pair_of(w + (size_t)r * stride + k);
            __m256 low = (__m256)_mm256_slli_epi32(pair, 16);
            __m256 high = (__m256)_mm256_and_si256(pair, upper);
            for (int g = 0; g < groups; g++)
                sum[r][g] = _mm256_fmadd_ps(low, first[g], sum[r][g]);
            for (int g = 0; g < groups; g++)
                sum[r][g] = _mm256_fmadd_ps(high, second[g], sum[r][g]);
        }
    }
    float sums[6 * 2 * LANES];
    for (int r = 0; r < rows; r++)
        for (int g = 0; g < groups; g++)
            _mm256_storeu_ps(sums + (r * groups + g) * LANES, sum[r][g]);
    store_tile(y, y_stride, sums, (size_t)groups, m, (size_t)rows);
}

static void few_rows(size_t m, float *y, size_t y_stride, size_t rows, const uint16_t *w,
                     size_t stride, llava_element element, const float *x, size_t columns) {
    if (m <= AT_ONCE) {
        rows_in_lanes(m, y, y_stride, rows, w, stride, element, x, columns);
    } else if (m <= LANES) { /* a tile of 8 would use up the ways of a cache set */
        size_t row = 0;
        for (; row + 6 <= rows; row += 6)
            tile_in_place(1, 6, y + row, y_stride, m, w + row * stride, stride, x, columns);
        for (; row < rows; row += 2)
            tile_in_place(1, 2, y + row, y_stride, m, w + row * stride, stride, x, columns);
    } else {
        for (size_t row = 0; row < rows; row += 4)
            tile_in_place(2, 4, y + row, y_stride, m, w + row * stride, stride, x, columns);
    }
}
