/* The functions along rows, in plain C that compilers vectorise; included once for each instruction set.
   SPDX-License-Identifier: Apache-2.0

   Reductions keep 16 partial sums, column i in partial sum i % 16, and add these in a fixed tree, so
   that a row's result depends only on the row. There are no fused multiply-adds, so that every
   instruction set gives the same bits. */
#pragma STDC FP_CONTRACT OFF
#include "formats_template.h"
#include "transpose_template.h"
#include <math.h>

enum { PARTIALS = 16 };

static inline float join(float *partial) {
    for (int half = PARTIALS / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) partial[i] += partial[i + half];
    return partial[0];
}

static inline float sum_of(const float *x, size_t count) {
    float partial[PARTIALS] = {0};
    size_t i = 0;
    for (; i + PARTIALS <= count; i += PARTIALS)
        for (int j = 0; j < PARTIALS; j++) partial[j] += x[i + j];
    for (int j = 0; i + j < count; j++) partial[j] += x[i + j];
    return join(partial);
}

static inline float sum_of_squares(const float *x, size_t count, float mean) {
    float partial[PARTIALS] = {0};
    size_t i = 0;
    for (; i + PARTIALS <= count; i += PARTIALS)
        for (int j = 0; j < PARTIALS; j++) partial[j] += (x[i + j] - mean) * (x[i + j] - mean);
    for (int j = 0; i + j < count; j++) partial[j] += (x[i + j] - mean) * (x[i + j] - mean);
    return join(partial);
}

static inline float largest_of(const float *x, size_t count) {
    float partial[PARTIALS];
    for (int j = 0; j < PARTIALS; j++) partial[j] = x[0];
    size_t i = 0;
    for (; i + PARTIALS <= count; i += PARTIALS)
        for (int j = 0; j < PARTIALS; j++) partial[j] = x[i + j] > partial[j] ? x[i + j] : partial[j];
    for (int j = 0; i + j < count; j++) partial[j] = x[i + j] > partial[j] ? x[i + j] : partial[j];
    float largest = partial[0];
    for (int j = 1; j < PARTIALS; j++) largest = partial[j] > largest ? partial[j] : largest;
    return largest;
}

/* e^x within 2 units in the last place: with x = n ln 2 + r, a polynomial of degree 6 in r, and n added
   to the exponent. Below -86.98, where the exponent would leave the normal range, the result is 0;
   above 88.7 it is e^88.7, so that it stays finite. */
static inline float exponential(float x) {
    float clamped = x > -86.98f ? x : -86.98f; /* also for NaN, until the end */
    clamped = clamped < 88.7f ? clamped : 88.7f;
    float n = rintf(clamped * 1.44269504f);
    float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    float power = bits_float((uint32_t)((int32_t)n + 126) << 23);
    float result = p * power * 2.0f;
    return x < -86.98f ? 0.0f : x != x ? x : result;
}

/* erf(x) as a rational function of odd over even degree, with |x| clamped to 4, where erf is 1 in f32. */
static inline float error_function(float x) {
    float t = x > 4.0f ? 4.0f : x < -4.0f ? -4.0f : x;
    float s = t * t;
    float p = -2.72614225801306e-10f;
    p = p * s + 2.77068142495902e-08f;
    p = p * s + -2.10102402082508e-06f;
    p = p * s + -5.69250639462346e-05f;
    p = p * s + -7.34990630326855e-04f;
    p = p * s + -2.95459980854025e-03f;
    p = p * s + -1.60960333262415e-02f;
    float q = -1.45660718464996e-05f;
    q = q * s + -2.13374055278905e-04f;
    q = q * s + -1.68282697438203e-03f;
    q = q * s + -7.37332916720468e-03f;
    q = q * s + -1.42647390514189e-02f;
    return t * p / q;
}

static void layer_norm(float *y, const float *x, const float *gain, const float *bias, size_t rows,
                       size_t width, float eps) {
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        float mean = sum_of(x, width) / (float)width;
        float variance = sum_of_squares(x, width, mean) / (float)width;
        float scale = 1.0f / sqrtf(variance + eps);
        for (size_t i = 0; i < width; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
    }
}

static void rms_norm(float *y, const float *x, const float *gain, size_t rows, size_t width,
                     float eps) {
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        float scale = 1.0f / sqrtf(sum_of_squares(x, width, 0.0f) / (float)width + eps);
        for (size_t i = 0; i < width; i++) y[i] = x[i] * scale * gain[i];
    }
}

static float softmax_block(float *x, size_t valid, size_t padded, float scale,
                           llava_softmax *row) {
    for (size_t i = valid; i < padded; i++) x[i] = 0.0f;
    if (valid == 0) return 1.0f;
    float here = largest_of(x, valid), factor = 0.0f;
    if (row->sum > 0.0f) {
        here = row->largest > here ? row->largest : here;
        factor = exponential((row->largest - here) * scale);
    }
    for (size_t i = 0; i < valid; i++) x[i] = exponential((x[i] - here) * scale);
    *row = (llava_softmax){here, row->sum * factor + sum_of(x, valid)};
    return factor;
}

static void scale(float *x, float factor, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

static void add(float *x, const float *y, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] += y[i];
}

static void add_bias(float *x, const float *bias, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++) x[r * width + i] += bias[i];
}

static void quick_gelu(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] / (1.0f + exponential(-1.702f * x[i]));
}

static void gelu(float *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = 0.5f * x[i] * (1.0f + error_function(x[i] * 0.70710678f));
}

static void silu_multiply(float *gate, const float *up, size_t count) {
    for (size_t i = 0; i < count; i++)
        gate[i] = gate[i] / (1.0f + exponential(-gate[i])) * up[i];
}

static void rotate(float *x, const float *cosine, const float *sine, size_t width) {
    size_t half = width / 2;
    for (size_t i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + half] = b * cosine[i] + a * sine[i];
    }
}

static void to_bf16(uint16_t *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = f32_to_bf16(x[i]);
}

static float to_integers(int8_t *y, const float *x, size_t count) {
    return integers_of(y, x, count);
}

#include "gradients_template.h"
#include "training_template.h"

#define VECTORS(FORMAT_TABLE)                                                                    \
    {layer_norm,   rms_norm, softmax_block, scale,        add,          add_bias, quick_gelu,      \
     gelu,         silu_multiply, rotate,   to_bf16,      to_integers,  transpose_16, transpose_32, \
     GRADIENTS,    TRAINING, FORMAT_TABLE}
