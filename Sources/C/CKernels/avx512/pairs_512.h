/* Steps of few_rows_template.h in 512-bit registers: 16 rows by 32 columns.
   The including file has defined round_line: 32 columns as two vectors of f32, rounded to bf16.
   SPDX-License-Identifier: Apache-2.0 */
#include "transpose_512.h"
#include "vectors_512.h"

enum { FEW_COLUMNS = 32, PAIRS = 16, PART_ROWS = 16, PARTS = 1, LAG = 0 };
/* Prefetches about the same columns of the next rows, two lines per row, for the first and the second
   half of the rows in turn: sixteen short streams are too many for hardware prefetching (15 GB/s per
   core, where this reaches 20 and a plain read 23; one line of each row at a time reaches 19). */
INLINE void fetch_next(const uint16_t *w, size_t stride, size_t k) {
    size_t odd = k / FEW_COLUMNS % 2, half = PART_ROWS / 2;
    const uint16_t *next = w + (PART_ROWS + odd * half) * stride + k - odd * FEW_COLUMNS;
    for (size_t r = 0; r < half; r++) {
        _mm_prefetch((const char *)(next + r * stride), _MM_HINT_T1);
        _mm_prefetch((const char *)(next + r * stride + FEW_COLUMNS), _MM_HINT_T1);
    }
}

/* 32 columns of one row as bf16, or those of them in the first `pairs` pairs. */
INLINE __m512i line_of(const uint16_t *w, int pairs, llava_element element) {
    __m512i line = _mm512_maskz_loadu_epi32((__mmask16)((1u << pairs) - 1), w);
    if (element == LLAVA_BF16) return line;
    return round_line(_mm512_cvtph_ps(_mm512_castsi512_si256(line)),
                      _mm512_cvtph_ps(_mm512_extracti64x4_epi64(line, 1)));
}

INLINE void load_pairs(__m512i v[PAIRS], const uint16_t *w, size_t stride, int pairs,
                       llava_element element) {
    for (int r = 0; r < PART_ROWS; r++) v[r] = line_of(w + (size_t)r * stride, pairs, element);
    transpose_16x16(v);
}
