/* Unpacks blocks of LANES weight rows to integers, each row in its own lane. Included once for each
   instruction set.
   SPDX-License-Identifier: Apache-2.0

   The including file has included its vectors (vectors_256.h or vectors_512.h) and integer_tile.h.
   `x` points to a block of the first row; rows are `stride` bytes apart. Integers and
   scales are those of integer_blocks.h. */

enum {
    SMALL_QUADS = SMALL_BLOCK / 4,
    /* A by-256 block is unpacked 64 columns at a time, following the layout of its bytes. */
    SLICES = 4,
    SLICE_QUADS = LARGE_BLOCK / SLICES / 4,
};

/* The factors of the parts of a by-256 block. */
typedef struct lane_steps {
    ints steps[PARTS_OF_LARGE];     /* for 16 columns in Q6_K, else for 32, of which there are 8 */
    ints least[PARTS_OF_LARGE / 2]; /* pairs of 16-bit numbers, each for 16 columns */
} lane_steps;

INLINE ints low_nibbles(ints x) { return both(x, every_int(0x0F0F0F0F)); }
INLINE ints high_nibbles(ints x) { return low_nibbles(shift_right(x, 4)); }

/* Extracts byte `index` of each lane. */
INLINE ints byte_of(ints x, const int index) {
    return both(shift_right(x, 8 * index), every_int(255));
}

INLINE ints signed_byte_of(ints x, const int index) {
    return shift_signed(shift_left(x, 24 - 8 * index), 24);
}

/* Moves bits 0 to 3 of each lane to the fifth bits of its four bytes. */
INLINE ints fifth_bits(ints x) {
    ints spread = times_ints(both(x, every_int(15)), every_int(0x02040810));
    return both(spread, every_int(0x10101010));
}

/* The f16 at x in each row, as f32. */
INLINE floats halves_of_rows(const uint8_t *x, size_t stride) {
    uint16_t halves[LANES];
    for (size_t r = 0; r < LANES; r++) halves[r] = half_at(x + r * stride, 0);
    return halves_at(halves);
}

/* The 6-bit scales and minima of Q4_K and Q5_K, from the first 16 bytes of a block. */
INLINE void unpack_six_bit_steps(lane_steps *to, const ints head[4]) {
    const ints six = every_int(0x3F3F3F3F), two = every_int(0x30303030);
    ints a = head[1], b = head[2], c = head[3];
    ints steps[2] = {both(a, six), either(low_nibbles(c), both(shift_right(a, 2), two))};
    ints least[2] = {both(b, six), either(high_nibbles(c), both(shift_right(b, 2), two))};
    for (int part = 0; part < 8; part++) {
        ints one = byte_of(least[part / 4], part % 4);
        to->steps[part] = byte_of(steps[part / 4], part % 4);
        to->least[part] = either(one, shift_left(one, 16));
    }
}

/* The scales of Q6_K, which are stored as bytes. */
INLINE void unpack_byte_steps(lane_steps *to, const ints bytes[4]) {
    for (int part = 0; part < PARTS_OF_LARGE; part += 2) {
        ints first = signed_byte_of(bytes[part / 4], part % 4);
        ints second = signed_byte_of(bytes[part / 4], part % 4 + 1);
        to->steps[part] = first;
        to->steps[part + 1] = second;
        to->least[part / 2] =
            either(both(shift_left(first, 5), every_int(0xFFFF)), shift_left(second, 21));
    }
}

/* d and the minimum of a block, and the steps of a by-256 block. */
INLINE void unpack_scales(floats *d, floats *minimum, lane_steps *steps, const uint8_t *x,
                          size_t stride, const llava_element element) {
    ints head[4];
    *minimum = every_float(0);
    if (element == LLAVA_Q6_K) {
        transpose_quads(head, x + 192, stride);
        unpack_byte_steps(steps, head);
        *minimum = *d = halves_of_rows(x + 208, stride);
    } else if (is_by_256(element) || has_minimum(element)) {
        transpose_quads(head, x, stride);
        *d = low_halves(head[0]);
        *minimum = low_halves(shift_right(head[0], 16));
        if (is_by_256(element)) unpack_six_bit_steps(steps, head);
    } else {
        *d = halves_of_rows(x, stride);
    }
}

/* Unpacks a by-32 block, 4 columns to each element of q. */
INLINE void unpack_small(ints q[SMALL_QUADS], const uint8_t *x, size_t stride,
                         const llava_element element) {
    ints v[4];
    if (element == LLAVA_Q8_0) {
        transpose_quads(q, x + 2, stride);
        transpose_quads(q + 4, x + 18, stride);
#ifdef TURNED_SIGNS
        for (int j = 0; j < SMALL_QUADS; j++) q[j] = turn_signs(q[j]);
#endif
        return;
    }
    const uint8_t *nibbles = x + nibbles_at(element);
    transpose_quads(v, nibbles, stride);
    for (int j = 0; j < 4; j++) {
        q[j] = low_nibbles(v[j]);
        q[4 + j] = high_nibbles(v[j]);
    }
    if (bits_of(element) == 4) return;
    transpose_quads(v, nibbles - 4, stride);
    for (int j = 0; j < SMALL_QUADS; j++) q[j] = either(q[j], fifth_bits(shift_right(v[0], 4 * j)));
}

/* The first column of part `part` of a slice: parts have 16 columns in Q6_K, else 32. */
INLINE int column_of(const int slice, const int part, const llava_element element) {
    if (element == LLAVA_Q6_K) return slice / 2 * 128 + slice % 2 * 16 + 32 * part;
    return 64 * slice + 32 * part;
}

/* Slice `slice` of Q4_K or Q5_K. */
INLINE void unpack_nibbles(ints q[SLICE_QUADS], const uint8_t *x, size_t stride, const int slice,
                           const llava_element element) {
    const uint8_t *nibbles = x + (element == LLAVA_Q5_K ? 48 : 16) + 32 * slice;
    const ints sixteen = every_int(0x10101010);
    for (int half = 0; half < 2; half++, q += 4) {
        ints v[4], fifth[4];
        transpose_quads(v, nibbles + 16 * half, stride);
        for (int j = 0; j < 4; j++) {
            q[j] = low_nibbles(v[j]);
            q[8 + j] = high_nibbles(v[j]);
        }
        if (element != LLAVA_Q5_K) continue;
        transpose_quads(fifth, x + 16 + 16 * half, stride);
        for (int j = 0; j < 4; j++) {
            ints bits = shift_right(fifth[j], 2 * slice);
            q[j] = either(q[j], both(shift_left(bits, 4), sixteen));
            q[8 + j] = either(q[8 + j], both(shift_left(bits, 3), sixteen));
        }
    }
}

/* Slice `slice` of Q6_K. */
INLINE void unpack_sixes(ints q[SLICE_QUADS], const uint8_t *x, size_t stride, const int slice) {
    const uint8_t *four = x + slice / 2 * 64 + slice % 2 * 16;
    const ints two = every_int(0x30303030);
    ints a[4], b[4], high[4];
    transpose_quads(a, four, stride);
    transpose_quads(b, four + 32, stride);
    transpose_quads(high, x + 128 + 16 * slice, stride);
    for (int j = 0; j < 4; j++) {
        q[j] = either(low_nibbles(a[j]), both(shift_left(high[j], 4), two));
        q[4 + j] = either(low_nibbles(b[j]), both(shift_left(high[j], 2), two));
        q[8 + j] = either(high_nibbles(a[j]), both(high[j], two));
        q[12 + j] = either(high_nibbles(b[j]), both(shift_right(high[j], 2), two));
    }
}

INLINE void unpack_slice(ints q[SLICE_QUADS], const uint8_t *x, size_t stride, const int slice,
                         const llava_element element) {
    if (element == LLAVA_Q6_K)
        unpack_sixes(q, x, stride, slice);
    else
        unpack_nibbles(q, x, stride, slice, element);
}
