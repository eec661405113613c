/* A row of integer activations by block formats in place, with AVX2: sums of 8 weight rows end in
   the lanes of one vector. Included once an instruction set.
   SPDX-License-Identifier: Apache-2.0 */

enum { FEW_WEIGHT_ROWS = 8 };

INLINE __m256i vector_at(const void *x) { return _mm256_loadu_si256((const __m256i *)x); }

/* Pairs of products in 16 bits: of unsigned q, or of signed ones where bits is 8. */
INLINE __m256i byte_products(const int bits, __m256i q, __m256i x) {
    if (bits == 8) return _mm256_maddubs_epi16(_mm256_abs_epi8(q), _mm256_sign_epi8(x, q));
    return _mm256_maddubs_epi16(q, x);
}

/* From memory, what the same step takes of the rows behind these. */
INLINE void fetch_blocks(const uint8_t *next, size_t bytes) {
    for (size_t line = 0; line < bytes; line += 64)
        _mm_prefetch((const char *)next + line, _MM_HINT_T1);
}

/* The sum of each vector, in its lane. */
INLINE __m256i sums_of_lanes(const __m256i v[8]) {
    __m256i low = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    __m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    return _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20),
                            _mm256_permute2x128_si256(low, high, 0x31));
}

/* The f16 that lies `at` bytes behind each of 8 places. */
INLINE __m256 halves_of(const uint8_t *const rows[8], size_t at) {
    uint16_t h[8];
    for (int r = 0; r < 8; r++) h[r] = half_at(rows[r] + at, 0);
    return _mm256_cvtph_ps(_mm_setr_epi16((short)h[0], (short)h[1], (short)h[2], (short)h[3],
                                          (short)h[4], (short)h[5], (short)h[6], (short)h[7]));
}

/* 16 in every byte whose bit of 32 is set. */
INLINE __m256i sixteens(const uint8_t *bits) {
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                                            2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i own = _mm256_set1_epi64x((long long)0x8040201008040201);
    int all;
    memcpy(&all, bits, sizeof all);
    __m256i bytes = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(all), spread), own);
    return _mm256_and_si256(_mm256_cmpeq_epi8(bytes, own), _mm256_set1_epi8(16));
}

/* The 32 q of a by-32 block. */
INLINE __m256i small_block(const uint8_t *x, const llava_element element) {
    if (element == LLAVA_Q8_0) return vector_at(x + 2);
    const uint8_t *at = x + nibbles_at(element);
    __m128i nibbles = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m256i both = _mm256_set_m128i(_mm_srli_epi16(nibbles, 4), nibbles);
    __m256i q = _mm256_and_si256(both, _mm256_set1_epi8(15));
    return bits_of(element) == 5 ? _mm256_or_si256(q, sixteens(at - 4)) : q;
}

INLINE __m256 few_by_32(const uint8_t *rows[8], size_t behind, const activations *x, size_t blocks,
                        size_t bytes, const llava_element element) {
    const int offset = offset_of(element), minimum = has_minimum(element);
    const __m256i ones = _mm256_set1_epi16(1);
    __m256 y = _mm256_setzero_ps();
    for (size_t b = 0; b < blocks; b++) {
        __m256i columns = vector_at(x->q + b * SMALL_BLOCK), part[8];
        fetch_blocks(rows[0] + behind + b * 7 * bytes, 8 * bytes);
#pragma clang loop unroll(full)
        for (int r = 0; r < 8; r++) {
            __m256i q = small_block(rows[r], element);
            part[r] = _mm256_madd_epi16(byte_products(bits_of(element), q, columns), ones);
        }
        int s = ((const int32_t *)x->sums)[b];
        __m256i u = _mm256_sub_epi32(sums_of_lanes(part), _mm256_set1_epi32(offset * s));
        __m256 scale = _mm256_broadcast_ss(x->scales + b);
        y = _mm256_fmadd_ps(_mm256_cvtepi32_ps(u), _mm256_mul_ps(halves_of(rows, 0), scale), y);
        if (minimum)
            y = _mm256_fmadd_ps(_mm256_set1_ps((float)s),
                                _mm256_mul_ps(halves_of(rows, 2), scale), y);
        for (int r = 0; r < 8; r++) rows[r] += bytes;
    }
    return y;
}

/* Word `index` of 8 in every word. */
INLINE __m256i every_word(__m256i words, const int index) {
    return _mm256_shuffle_epi8(words, _mm256_set1_epi16((short)(index * 0x0202 + 0x0100)));
}

/* The sum of steps times products over one block of Q4_K or Q5_K. */
INLINE __m256i upper_of_nibbles(const uint8_t *x, const int8_t *columns, __m256i steps,
                                const llava_element element) {
    const __m256i four = _mm256_set1_epi8(15), sixteen = _mm256_set1_epi8(16);
    const uint8_t *nibbles = x + (element == LLAVA_Q5_K ? 48 : 16);
    __m256i fifth = element == LLAVA_Q5_K ? vector_at(x + 16) : four, sum = _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (int pair = 0; pair < 4; pair++) {
        __m256i both = vector_at(nibbles + 32 * pair);
        __m256i low = _mm256_and_si256(both, four);
        __m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), four);
        if (element == LLAVA_Q5_K) {
            __m256i bits = _mm256_srli_epi16(fifth, 2 * pair);
            low = _mm256_or_si256(low, _mm256_and_si256(_mm256_slli_epi16(bits, 4), sixteen));
            high = _mm256_or_si256(high, _mm256_and_si256(_mm256_slli_epi16(bits, 3), sixteen));
        }
        __m256i first = _mm256_maddubs_epi16(low, vector_at(columns + 64 * pair));
        __m256i second = _mm256_maddubs_epi16(high, vector_at(columns + 64 * pair + 32));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(first, every_word(steps, 2 * pair)));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(second, every_word(steps, 2 * pair + 1)));
    }
    return sum;
}

/* Bits 2 turn and 2 turn + 1 of every byte, as its fifth and sixth. */
INLINE __m256i fifth_and_sixth(__m256i x, const int turn) {
    __m256i moved = turn == 0   ? _mm256_slli_epi16(x, 4)
                    : turn == 1 ? _mm256_slli_epi16(x, 2)
                    : turn == 2 ? x
                                : _mm256_srli_epi16(x, 2);
    return _mm256_and_si256(moved, _mm256_set1_epi8(48));
}

/* The same of Q6_K, whose steps of 16 elements are bytes in each half of a vector. */
INLINE __m256i upper_of_sixes(const uint8_t *x, const int8_t *columns) {
    const __m256i four = _mm256_set1_epi8(15);
    __m256i steps = _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *)(const void *)(x + 192)));
    __m256i sum = _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (int part = 0; part < 8; part++) {
        __m256i low = vector_at(x + part / 4 * 64 + part % 2 * 32);
        __m256i high = fifth_and_sixth(vector_at(x + 128 + part / 4 * 32), part % 4);
        if (part % 4 >= 2) low = _mm256_srli_epi16(low, 4);
        __m256i q = _mm256_or_si256(_mm256_and_si256(low, four), high);
        /* One step a half, in the upper bytes of its words. */
        __m256i places = _mm256_set_m128i(_mm_set1_epi16((short)((2 * part + 1) << 8 | 0x80)),
                                          _mm_set1_epi16((short)(2 * part << 8 | 0x80)));
        __m256i step = _mm256_srai_epi16(_mm256_shuffle_epi8(steps, places), 8);
        __m256i products = _mm256_maddubs_epi16(q, vector_at(columns + 32 * part));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(products, step));
    }
    return sum;
}

INLINE __m128i words_of(uint64_t bytes) {
    return _mm_cvtepu8_epi16(_mm_cvtsi64_si128((long long)bytes));
}

INLINE __m256 few_by_256(const uint8_t *rows[8], size_t behind, const activations *x, size_t blocks,
                         size_t bytes, const llava_element element) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256 y = _mm256_setzero_ps();
    for (size_t b = 0; b < blocks; b++) {
        const int8_t *columns = x->q + b * LARGE_BLOCK;
        __m256i sums = vector_at((const int16_t *)x->sums + b * PARTS_OF_LARGE), upper[8], lower[8];
        __m256i twos = _mm256_madd_epi16(sums, ones);
        __m128i sums_of_32 =
            _mm_packs_epi32(_mm256_castsi256_si128(twos), _mm256_extracti128_si256(twos, 1));
        fetch_blocks(rows[0] + behind + b * 7 * bytes, 8 * bytes);
        for (int r = 0; r < 8; r++) {
            if (element == LLAVA_Q6_K) {
                __m128i steps = _mm_loadu_si128((const __m128i *)(const void *)(rows[r] + 192));
                upper[r] = upper_of_sixes(rows[r], columns);
                lower[r] = _mm256_slli_epi32(_mm256_madd_epi16(_mm256_cvtepi8_epi16(steps), sums), 5);
            } else {
                uint64_t steps, least;
                six_bit_scales(&steps, &least, rows[r] + 4);
                __m256i words = _mm256_broadcastsi128_si256(words_of(steps));
                upper[r] = upper_of_nibbles(rows[r], columns, words, element);
                lower[r] = _mm256_zextsi128_si256(_mm_madd_epi16(words_of(least), sums_of_32));
            }
        }
        __m256 scale = _mm256_broadcast_ss(x->scales + b);
        __m256 step = _mm256_mul_ps(halves_of(rows, element == LLAVA_Q6_K ? 208 : 0), scale);
        __m256 least = _mm256_mul_ps(halves_of(rows, element == LLAVA_Q6_K ? 208 : 2), scale);
        y = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums_of_lanes(upper)), step, y);
        y = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(sums_of_lanes(lower)), least, y);
        for (int r = 0; r < 8; r++) rows[r] += bytes;
    }
    return y;
}

/* y[0..rows) of one row of activations, of width k, by `rows` rows of blocks, at most 8. */
INLINE void few_integers(const llava_element element, float *y, const uint8_t *w, size_t row_bytes,
                         size_t rows, const activations *x, size_t k) {
    const uint8_t *row[FEW_WEIGHT_ROWS];
    float results[FEW_WEIGHT_ROWS];
    for (size_t r = 0; r < FEW_WEIGHT_ROWS; r++)
        row[r] = w + (r < rows ? r : rows - 1) * row_bytes;
    const size_t bytes = FORMAT_TABLE[element].block_bytes, behind = FEW_WEIGHT_ROWS * row_bytes;
    __m256 sums = is_by_256(element) ? few_by_256(row, behind, x, k / LARGE_BLOCK, bytes, element)
                                     : few_by_32(row, behind, x, k / SMALL_BLOCK, bytes, element);
    _mm256_storeu_ps(results, sums);
    memcpy(y, results, rows * sizeof *y);
}
