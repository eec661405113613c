/* Pillow's resize for RGB8, byte for byte: filters, fixed-point weights, both passes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "CImageCodecs.h"
#include "resample.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A fused multiply-add would round once where Pillow's arithmetic rounds twice. */
#pragma STDC FP_CONTRACT OFF

/* A weight of 1 is 2^22: eight bits of colour and two for overshoot fill the rest of an int32. */
enum { weight_bits = 22 };

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double bilinear(double x) {
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

static double hamming(double x) {
  x = fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= M_PI;
  /* Single-precision constants, as in Pillow. */
  return sin(x) / x * (0.54f + 0.46f * cos(x));
}

/* Keys's cubic with a = -0.5. */
static double bicubic(double x) {
  x = fabs(x);
  if (x < 1.0) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0.0;
}

static double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= M_PI;
  return sin(x) / x;
}

static double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

typedef double (*filter_function)(double);

static filter_function function_of(enum codec_filter filter, double *support) {
  static const double supports[] = {0, 3, 1, 2, 0.5, 1};
  static const filter_function functions[] = {NULL, lanczos, bilinear, bicubic, box, hamming};
  *support = supports[filter];
  return functions[filter];
}

static void free_weights(struct weights *weights) {
  free(weights->start);
  free(weights->taps);
  free(weights->outside);
  free(weights->whole);
  free(weights->high);
  free(weights->low);
}

static bool allocate_weights(struct weights *weights, size_t count, size_t stride) {
  memset(weights, 0, sizeof *weights);
  weights->count = count;
  weights->stride = stride;
  weights->start = calloc(count, sizeof *weights->start);
  weights->taps = calloc(count, sizeof *weights->taps);
  weights->outside = calloc(count, sizeof *weights->outside);
  weights->whole = calloc(count, stride * sizeof *weights->whole);
  weights->high = calloc(count, stride * sizeof *weights->high);
  weights->low = calloc(count, stride * sizeof *weights->low);
  return weights->start && weights->taps && weights->outside && weights->whole &&
         weights->high && weights->low;
}

static int32_t fixed(double weight) {
  double scaled = weight * (1 << weight_bits);
  return (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* Adds one weight for sample `position` of the whole source to output `index`. */
static void place(
    struct weights *weights, size_t index, const struct codec_axis *axis, int position,
    int32_t weight) {
  const int stored = position - axis->offset;
  if (stored < 0 || stored >= axis->stored) {
    weights->outside[index] += (uint32_t)weight;
    return;
  }
  if (weights->taps[index] == 0) weights->start[index] = stored;
  const size_t slot = index * weights->stride + (size_t)weights->taps[index]++;
  weights->whole[slot] = weight;
  weights->high[slot] = (int16_t)(weight >> low_bits);
  weights->low[slot] = (int16_t)(weight & ((1 << low_bits) - 1));
}

/* The weights of every wanted output sample, in Pillow's order of operations. */
static bool compute_weights(
    struct weights *weights, const struct codec_axis *axis, enum codec_filter filter) {
  double support;
  const filter_function function = function_of(filter, &support);
  const double scale = (double)axis->length / axis->resized;
  const double stretch = scale < 1.0 ? 1.0 : scale;
  const double inverse = 1.0 / stretch;
  support *= stretch;
  const size_t most = (size_t)ceil(support) * 2 + 1;
  double *real = malloc(most * sizeof *real);
  const size_t stride = (most + tap_block - 1) / tap_block * tap_block;
  if (!allocate_weights(weights, (size_t)axis->count, stride) || !real) {
    free(real);
    return false;
  }
  for (int index = 0; index < axis->count; index++) {
    const double centre = (axis->first + index + 0.5) * scale;
    int low = (int)(centre - support + 0.5);
    int high = (int)(centre + support + 0.5);
    if (low < 0) low = 0;
    if (high > axis->length) high = axis->length;
    double sum = 0.0;
    for (int tap = 0; tap < high - low; tap++) {
      real[tap] = function((tap + low - centre + 0.5) * inverse);
      sum += real[tap];
    }
    for (int tap = 0; tap < high - low; tap++) {
      double weight = sum != 0.0 ? real[tap] / sum : real[tap];
      place(weights, (size_t)index, axis, low + tap, fixed(weight));
    }
  }
  free(real);
  return true;
}

/* The stored samples that the wanted output uses: [*first, *end). */
static void used_samples(const struct weights *weights, int *first, int *end) {
  *first = INT_MAX;
  *end = 0;
  for (size_t index = 0; index < weights->count; index++) {
    if (weights->taps[index] == 0) continue;
    int start = weights->start[index];
    if (start < *first) *first = start;
    if (start + weights->taps[index] > *end) *end = start + weights->taps[index];
  }
  if (*first > *end) *first = *end;
}

/* The result for a line of only background: one colour for each output sample. */
static void resize_background(
    const struct weights *weights, const uint8_t background[3], uint8_t *line) {
  for (size_t index = 0; index < weights->count; index++) {
    uint32_t sum = weights->outside[index];
    for (int tap = 0; tap < weights->taps[index]; tap++) {
      sum += (uint32_t)weights->whole[index * weights->stride + (size_t)tap];
    }
    for (int channel = 0; channel < 3; channel++) {
      line[3 * index + (size_t)channel] = clip(sum * background[channel]);
    }
  }
}

static enum codec_status across_then_down(
    const struct weights *x, const struct weights *y, const uint8_t *source, size_t pixels,
    const uint8_t background[3], uint8_t *output) {
  const struct passes *passes = codec_choose_passes();
  const size_t width = x->count * 3;
  const size_t plane = pixels + x->stride;
  int first, end;
  used_samples(y, &first, &end);
  /* One more row than are used, so that the allocation is never empty. */
  uint8_t *middle = malloc(((size_t)(end - first) + 1) * width);
  uint8_t *outer = malloc(width);
  int16_t *planes = calloc(plane * 3, sizeof *planes);
  uint32_t *sums = malloc(width * sizeof *sums);
  enum codec_status status = CODEC_NO_MEMORY;
  if (middle && outer && planes && sums) {
    for (int row = first; row < end; row++) {
      passes->split(source + (size_t)row * pixels * 3, pixels, planes, plane);
      passes->across(x, planes, plane, background, middle + (size_t)(row - first) * width);
    }
    resize_background(x, background, outer);
    for (size_t index = 0; index < y->count; index++) {
      const uint8_t *rows = middle + (size_t)(y->start[index] - first) * width;
      if (y->taps[index] == 0) rows = middle;
      passes->down(y, index, rows, width, outer, width, sums, output + index * width);
    }
    status = CODEC_OK;
  }
  free(middle);
  free(outer);
  free(planes);
  free(sums);
  return status;
}

static enum codec_status down_then_across(
    const struct weights *x, const struct weights *y, const uint8_t *source, size_t pixels,
    const uint8_t background[3], uint8_t *output) {
  const struct passes *passes = codec_choose_passes();
  int first, end;
  used_samples(x, &first, &end);
  for (size_t index = 0; index < x->count; index++) {
    if (x->taps[index] > 0) x->start[index] -= first;
  }
  const size_t used = (size_t)(end - first);
  const size_t plane = used + x->stride;
  uint8_t *row = malloc(used * 3 + 1);
  uint8_t *outer = malloc(used * 3 + 1);
  uint8_t *edges = malloc(y->count * 3);
  int16_t *planes = calloc(plane * 3, sizeof *planes);
  uint32_t *sums = malloc((used * 3 + 1) * sizeof *sums);
  enum codec_status status = CODEC_NO_MEMORY;
  if (row && outer && edges && planes && sums) {
    for (size_t at = 0; at < used * 3; at++) outer[at] = background[at % 3];
    resize_background(y, background, edges);
    for (size_t index = 0; index < y->count; index++) {
      const uint8_t *rows = source + ((size_t)y->start[index] * pixels + (size_t)first) * 3;
      passes->down(y, index, rows, pixels * 3, outer, used * 3, sums, row);
      passes->split(row, used, planes, plane);
      passes->across(x, planes, plane, edges + 3 * index, output + index * x->count * 3);
    }
    status = CODEC_OK;
  }
  free(row);
  free(outer);
  free(edges);
  free(planes);
  free(sums);
  return status;
}

/* Pillow adds the step repeatedly instead of multiplying; so do we, for the same rounding. */
static int *nearest_positions(const struct codec_axis *axis) {
  int *positions = malloc((size_t)axis->count * sizeof *positions);
  if (!positions) return NULL;
  const double step = (double)axis->length / axis->resized;
  double at = step * 0.5;
  for (int index = 0; index < axis->first + axis->count; index++, at += step) {
    if (index < axis->first) continue;
    int position = (int)at - axis->offset;
    bool stored = position >= 0 && position < axis->stored;
    positions[index - axis->first] = stored ? position : -1;
  }
  return positions;
}

static enum codec_status resize_nearest(
    const uint8_t *source, const struct codec_axis *x, const struct codec_axis *y,
    const uint8_t background[3], uint8_t *output) {
  int *columns = nearest_positions(x);
  int *rows = nearest_positions(y);
  enum codec_status status = columns && rows ? CODEC_OK : CODEC_NO_MEMORY;
  for (int row = 0; status == CODEC_OK && row < y->count; row++) {
    for (int column = 0; column < x->count; column++, output += 3) {
      bool stored = rows[row] >= 0 && columns[column] >= 0;
      size_t pixel = stored ? (size_t)rows[row] * (size_t)x->stored + (size_t)columns[column] : 0;
      memcpy(output, stored ? source + 3 * pixel : background, 3);
    }
  }
  free(columns);
  free(rows);
  return status;
}

enum codec_status codec_resize(
    const uint8_t *source, const struct codec_axis *x, const struct codec_axis *y,
    const uint8_t background[3], enum codec_filter filter, bool down_first, uint8_t *output) {
  if (filter == CODEC_NEAREST) return resize_nearest(source, x, y, background, output);
  struct weights across, down;
  enum codec_status status = CODEC_NO_MEMORY;
  bool ready = compute_weights(&across, x, filter);
  if (compute_weights(&down, y, filter) && ready) {
    const size_t pixels = (size_t)x->stored;
    status = down_first ? down_then_across(&across, &down, source, pixels, background, output)
                        : across_then_down(&across, &down, source, pixels, background, output);
  }
  free_weights(&across);
  free_weights(&down);
  return status;
}
