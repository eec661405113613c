/* The operations of a training step on whole arrays, in plain C that compilers vectorise; included
   once for each instruction set, after the functions along rows.
   SPDX-License-Identifier: Apache-2.0

   There are no fused multiply-adds here, and sums have one order: every set gives the same bits, so
   that a run can be resumed on another machine with the same result. */

/* sqrtf sets errno, which prevents vectorisation; both round correctly. */
#if __has_builtin(__builtin_elementwise_sqrt)
#define ROOT(x) __builtin_elementwise_sqrt(x)
#else
#define ROOT(x) sqrtf(x)
#endif

/* Loshchilov and Hutter, arXiv 1711.05101, with the roundings of PyTorch's adam.py. */
static void adamw(float *parameter, const float *gradient, float *first, float *second,
                  const llava_adamw *step, size_t count) {
    const llava_adamw s = *step;
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] * s.gradient_factor;
        float m = first[i] + s.first_share * (g - first[i]);
        float v = second[i] * s.second_kept + s.second_share * g * g;
        float size = ROOT(v) / s.second_correction + s.eps;
        first[i] = m;
        second[i] = v;
        parameter[i] = parameter[i] * s.kept - s.rate * m / size;
    }
}

/* Squares of f32 are exact in f64. */
static double squared_norm(const float *x, size_t count) {
    double partial[PARTIALS] = {0};
    size_t i = 0;
    for (; i + PARTIALS <= count; i += PARTIALS)
        for (int j = 0; j < PARTIALS; j++) partial[j] += (double)x[i + j] * (double)x[i + j];
    for (int j = 0; i + j < count; j++) partial[j] += (double)x[i + j] * (double)x[i + j];
    for (int half = PARTIALS / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++) partial[j] += partial[j + half];
    return partial[0];
}

static int all_finite(const float *x, size_t count) {
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t exponent = float_bits(x[i]) & 0x7F800000u;
        found |= exponent == 0x7F800000u;
    }
    return found == 0;
}

/* Mixes every bit of x into about every bit of the result: lowbias32 of
   https://nullprogram.com/blog/2018/07/31/. */
static inline uint32_t mixed(uint32_t x) {
    x = (x ^ x >> 16) * 0x7FEB352Du;
    x = (x ^ x >> 15) * 0x846CA68Bu;
    return x ^ x >> 16;
}

/* Keys are mixed before columns are added: otherwise neighbouring keys would share shifted rows. */
static void dropout(float *y, const float *x, uint64_t key, uint32_t threshold, float factor,
                    size_t width) {
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9u;
    key = (key ^ key >> 27) * 0x94D049BB133111EBu;
    key ^= key >> 31;
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    for (size_t i = 0; i < width; i++) {
        uint32_t draw = mixed(mixed((uint32_t)i + low) ^ high);
        y[i] = draw < threshold ? 0.0f : x[i] * factor;
    }
}

#define TRAINING {adamw, squared_norm, all_finite, dropout}
