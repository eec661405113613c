/* The gradients of the functions along rows, in plain C that compilers vectorise; included once for
   each instruction set, after the functions themselves.
   SPDX-License-Identifier: Apache-2.0

   dy is the gradient of the loss with respect to y. Reductions are those of vector_template.h. */

/* sum over i of a[i] b[i] (c[i] - mean). */
static inline float sum_of_products(const float *a, const float *b, const float *c, size_t count,
                                    float mean) {
    float partial[PARTIALS] = {0};
    size_t i = 0;
    for (; i + PARTIALS <= count; i += PARTIALS)
        for (int j = 0; j < PARTIALS; j++) partial[j] += a[i + j] * b[i + j] * (c[i + j] - mean);
    for (int j = 0; i + j < count; j++) partial[j] += a[i + j] * b[i + j] * (c[i + j] - mean);
    return join(partial);
}

static inline float sum_of_pairs(const float *a, const float *b, size_t count) {
    float partial[PARTIALS] = {0};
    size_t i = 0;
    for (; i + PARTIALS <= count; i += PARTIALS)
        for (int j = 0; j < PARTIALS; j++) partial[j] += a[i + j] * b[i + j];
    for (int j = 0; i + j < count; j++) partial[j] += a[i + j] * b[i + j];
    return join(partial);
}

/* With s = 1 / sqrt(mean(x^2) + eps): dx = s g dy - x s^3 / width . sum(g dy x). */
static void rms_norm_gradient(float *dx, const float *dy, const float *x, const float *gain,
                              size_t rows, size_t width, float eps) {
    for (size_t r = 0; r < rows; r++, dx += width, dy += width, x += width) {
        float s = 1.0f / sqrtf(sum_of_squares(x, width, 0.0f) / (float)width + eps);
        float pull = s * s * s / (float)width * sum_of_products(gain, dy, x, width, 0.0f);
        for (size_t i = 0; i < width; i++) dx[i] = s * gain[i] * dy[i] - pull * x[i];
    }
}

static void add_rms_gain_gradient(float *dgain, const float *dy, const float *x, size_t rows,
                                  size_t width, float eps) {
    for (size_t r = 0; r < rows; r++, dy += width, x += width) {
        float s = 1.0f / sqrtf(sum_of_squares(x, width, 0.0f) / (float)width + eps);
        for (size_t i = 0; i < width; i++) dgain[i] += dy[i] * (x[i] * s);
    }
}

/* With z = (x - mean) s and s = 1 / sqrt(variance + eps):
   dx = s (g dy - mean(g dy) - z mean(g dy z)). */
static void layer_norm_gradient(float *dx, const float *dy, const float *x, const float *gain,
                                size_t rows, size_t width, float eps) {
    for (size_t r = 0; r < rows; r++, dx += width, dy += width, x += width) {
        float mean = sum_of(x, width) / (float)width;
        float s = 1.0f / sqrtf(sum_of_squares(x, width, mean) / (float)width + eps);
        float shift = sum_of_pairs(gain, dy, width) / (float)width;
        float pull = s * s / (float)width * sum_of_products(gain, dy, x, width, mean);
        for (size_t i = 0; i < width; i++)
            dx[i] = s * (gain[i] * dy[i] - shift - (x[i] - mean) * pull);
    }
}

static void add_layer_gain_gradient(float *dgain, const float *dy, const float *x, size_t rows,
                                    size_t width, float eps) {
    for (size_t r = 0; r < rows; r++, dy += width, x += width) {
        float mean = sum_of(x, width) / (float)width;
        float s = 1.0f / sqrtf(sum_of_squares(x, width, mean) / (float)width + eps);
        for (size_t i = 0; i < width; i++) dgain[i] += dy[i] * ((x[i] - mean) * s);
    }
}

/* d/dx of x Phi(x) is Phi(x) + x phi(x). */
static void gelu_gradient(float *dx, const float *dy, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float share = 0.5f * (1.0f + error_function(x[i] * 0.70710678f));
        float density = 0.39894228f * exponential(-0.5f * x[i] * x[i]);
        dx[i] = dy[i] * (share + x[i] * density);
    }
}

/* x is multiplied last, and by 0 where it is large: 1.702 x may overflow. */
static void quick_gelu_gradient(float *dx, const float *dy, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float s = 1.0f / (1.0f + exponential(-1.702f * x[i]));
        dx[i] = dy[i] * (s * (1.0f + x[i] * (1.702f * (1.0f - s))));
    }
}

static void silu_multiply_gradient(float *dgate, float *dup, const float *dy, const float *gate,
                                   const float *up, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float g = gate[i], u = up[i], reached = dy[i];
        float s = 1.0f / (1.0f + exponential(-g));
        dup[i] = reached * (g * s);
        dgate[i] = reached * u * (s * (1.0f + g * (1.0f - s)));
    }
}

static void softmax_gradient(float *p, float *dp, const llava_softmax *row, float delta,
                             float scale, size_t valid, size_t padded) {
    float share = 1.0f / row->sum;
    for (size_t i = 0; i < valid; i++) {
        p[i] = exponential((p[i] - row->largest) * scale) * share;
        dp[i] = p[i] * (dp[i] - delta) * scale;
    }
    for (size_t i = valid; i < padded; i++) p[i] = dp[i] = 0.0f;
}

static float cross_entropy(float *x, size_t label, size_t width, float factor) {
    float largest = largest_of(x, width), at_label = x[label];
    for (size_t i = 0; i < width; i++) x[i] = exponential(x[i] - largest);
    float sum = sum_of(x, width), share = factor / sum;
    for (size_t i = 0; i < width; i++) x[i] *= share;
    x[label] -= factor;
    return logf(sum) + (largest - at_label);
}

#define GRADIENTS                                                                                \
    {rms_norm_gradient, add_rms_gain_gradient,  layer_norm_gradient, add_layer_gain_gradient,    \
     gelu_gradient,     quick_gelu_gradient,    silu_multiply_gradient, softmax_gradient,        \
     cross_entropy,     sum_of_pairs}
