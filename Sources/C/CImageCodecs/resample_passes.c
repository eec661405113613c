/* The inner loops of the resize, compiled once for any machine and once for AVX2. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "resample.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE void split(const uint8_t *row, size_t pixels, int16_t *planes, size_t plane) {
  int16_t *restrict red = planes;
  int16_t *restrict green = planes + plane;
  int16_t *restrict blue = planes + 2 * plane;
  for (size_t x = 0; x < pixels; x++) {
    red[x] = row[3 * x];
    green[x] = row[3 * x + 1];
    blue[x] = row[3 * x + 2];
  }
}

INLINE uint32_t dot(const int16_t *samples, const int16_t *high, const int16_t *low, int taps) {
  uint32_t high_sum = 0, low_sum = 0;
  for (int block = 0; block < taps; block += tap_block) {
    for (int tap = block; tap < block + tap_block; tap++) {
      high_sum += (uint32_t)((int32_t)samples[tap] * high[tap]);
      low_sum += (uint32_t)((int32_t)samples[tap] * low[tap]);
    }
  }
  return (high_sum << low_bits) + low_sum;
}

INLINE void across(
    const struct weights *x, const int16_t *planes, size_t plane, const uint8_t background[3],
    uint8_t *output) {
  for (size_t index = 0; index < x->count; index++) {
    const int16_t *high = x->high + index * x->stride;
    const int16_t *low = x->low + index * x->stride;
    for (int channel = 0; channel < 3; channel++) {
      const int16_t *samples = planes + (size_t)channel * plane + x->start[index];
      uint32_t sum = dot(samples, high, low, x->taps[index]);
      *output++ = clip(sum + x->outside[index] * background[channel]);
    }
  }
}

INLINE void down(
    const struct weights *y, size_t index, const uint8_t *rows, size_t stride,
    const uint8_t *outer, size_t width, uint32_t *restrict sums, uint8_t *restrict output) {
  const uint32_t outside = y->outside[index];
  for (size_t x = 0; x < width; x++) sums[x] = outside * outer[x];
  for (int tap = 0; tap < y->taps[index]; tap++) {
    const uint8_t *restrict row = rows + (size_t)tap * stride;
    const uint32_t weight = (uint32_t)y->whole[index * y->stride + (size_t)tap];
    for (size_t x = 0; x < width; x++) sums[x] += row[x] * weight;
  }
  for (size_t x = 0; x < width; x++) output[x] = clip(sums[x]);
}

#define PASSES(suffix, attributes)                                                             \
  attributes static void split_##suffix(                                                       \
      const uint8_t *row, size_t pixels, int16_t *planes, size_t plane) {                      \
    split(row, pixels, planes, plane);                                                         \
  }                                                                                            \
  attributes static void across_##suffix(                                                      \
      const struct weights *x, const int16_t *planes, size_t plane,                            \
      const uint8_t background[3], uint8_t *output) {                                          \
    across(x, planes, plane, background, output);                                              \
  }                                                                                            \
  attributes static void down_##suffix(                                                        \
      const struct weights *y, size_t index, const uint8_t *rows, size_t stride,               \
      const uint8_t *outer, size_t width, uint32_t *sums, uint8_t *output) {                   \
    down(y, index, rows, stride, outer, width, sums, output);                                  \
  }                                                                                            \
  static const struct passes passes_##suffix = {split_##suffix, across_##suffix, down_##suffix};

PASSES(any, )
#if defined(__x86_64__)
PASSES(avx2, __attribute__((target("avx2"))))
#endif

const struct passes *codec_choose_passes(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return &passes_avx2;
#endif
  return &passes_any;
}
