/* What the resampling code shares: the weights and the two inner passes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESAMPLE_H
#define RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /* A weight is high * 2^12 + low, so that both halves fit int16: the machine multiplies and adds
     pairs of int16 several times faster than int32, and the sum of the halves is exact. */
  low_bits = 12,
  /* Rows of weights are padded with zeros to whole vectors. */
  tap_block = 16
};

/* The weights of `count` output samples, each with `taps` samples from `start` in the store.
   All sums are modulo 2^32, in which Pillow's int32 sums are exact whatever the order. */
struct weights {
  size_t count;
  size_t stride;
  int *start;
  int *taps;
  /* The summed weights of samples outside the store, which have the background colour. */
  uint32_t *outside;
  int32_t *whole;
  int16_t *high;
  int16_t *low;
};

/* Adds the rounding half, drops the fraction and clamps to a byte. */
static inline uint8_t clip(uint32_t sum) {
  int32_t value = (int32_t)(sum + (1u << 21)) >> 22;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

struct passes {
  /* One row of RGB8 to three planes of int16. */
  void (*split)(const uint8_t *row, size_t pixels, int16_t *planes, size_t plane);
  /* The horizontal pass for one row. */
  void (*across)(
      const struct weights *x, const int16_t *planes, size_t plane,
      const uint8_t background[3], uint8_t *output);
  /* The vertical pass for output row `index`, `width` bytes wide; `rows` is the first of its rows,
     which begin every `stride` bytes, and `outer` is what rows outside the store hold. */
  void (*down)(
      const struct weights *y, size_t index, const uint8_t *rows, size_t stride,
      const uint8_t *outer, size_t width, uint32_t *sums, uint8_t *output);
};

/* The passes for this machine's instructions; all give the same bytes. */
const struct passes *codec_choose_passes(void);

#endif
