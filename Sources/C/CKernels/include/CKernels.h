/* All kernels, as sets of functions: one set per instruction set, chosen once at run time.
   SPDX-License-Identifier: Apache-2.0

   Nothing here allocates, starts threads or performs input or output. Sizes are in elements unless
   a name says bytes. No function reads or writes past the sizes it is given. */
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* The formats that a weight may have in memory. */
typedef enum llava_element {
    LLAVA_F32 = 0,
    LLAVA_BF16 = 1,
    LLAVA_F16 = 2,
    /* Blocks of GGUF files (formats_blocks.h). */
    LLAVA_Q4_0,
    LLAVA_Q4_1,
    LLAVA_Q5_0,
    LLAVA_Q5_1,
    LLAVA_Q8_0,
    LLAVA_Q2_K,
    LLAVA_Q3_K,
    LLAVA_Q4_K,
    LLAVA_Q5_K,
    LLAVA_Q6_K,
    /* Integers of KV caches, whose scales are stored separately (llava_attention); not in files. */
    LLAVA_I8,
    LLAVA_FORMATS
} llava_element;

/* A weight format. Elements come in blocks; a row of weights is a whole number of blocks. */
typedef struct llava_format {
    const char *name;      /* as files spell it */
    size_t block_elements; /* elements of one block */
    size_t block_bytes;
    /* Decode `count` elements, whole blocks, from any address; to bf16 with ties to even. */
    void (*to_f32)(float *y, const void *x, size_t count);
    void (*to_bf16)(uint16_t *y, const void *x, size_t count);
} llava_format;

/* The table for any processor, by llava_element. */
extern const llava_format llava_formats[LLAVA_FORMATS];

static inline const llava_format *llava_format_of(llava_element element) {
    return &llava_formats[element];
}

/* A matrix of weights [n, k], row-major, each row `row_bytes` after the one before. */
typedef struct llava_weights {
    const void *data;
    llava_element element;
    size_t row_bytes;
} llava_weights;

/* A matrix product of activations and weights. Activations are packed first, in groups of `lanes`
   rows so that one vector holds the same column of many rows, or without gaps where rows are few;
   so `multiply` needs the same m and k as `pack`. Weights stay row-major in place, for example in a
   memory-mapped file.

   Every output element is one chain of additions over k in ascending order, accumulated in f32; AMX
   first sums each step of 32 columns. The chain depends neither on m nor on n nor on the row's
   position, so no batch size or split changes a bit, except the payload of a NaN. */
typedef struct llava_product {
    llava_element inputs;    /* what activations are rounded to: LLAVA_BF16, LLAVA_F32 or LLAVA_Q8_0 */
    size_t lanes;            /* rows in one packed group */
    size_t max_rows;         /* largest m of one call of `multiply` */
    size_t block_rows;       /* calls with a multiple of this many weight rows are fastest */
    /* Bytes for ceil(m / lanes) groups of width k. */
    size_t (*packed_bytes)(size_t m, size_t k);
    /* Packs groups [from, to) of x[m, k], whose rows are `stride` floats apart. Missing rows of the
       last group become zeros. */
    void (*pack)(void *packed, const float *x, size_t stride, size_t m, size_t k, size_t from,
                 size_t to);
    /* Bytes of scratch that one call of `multiply` needs. */
    size_t (*scratch_bytes)(size_t m, size_t k);
    /* y[m, n] = x . w^T, with rows of y `y_stride` floats apart and m <= max_rows, all packed rows. */
    void (*multiply)(float *y, size_t y_stride, const void *packed, const llava_weights *w, size_t m,
                     size_t n, size_t k, void *scratch);
} llava_product;

/* The state of a row's online softmax after some blocks; all zeros before the first. */
typedef struct llava_softmax {
    float largest; /* largest value so far */
    float sum;     /* sum of exp(value - largest) so far */
} llava_softmax;

/* The gradients of the functions along rows with respect to their inputs. */
typedef struct llava_gradients {
    /* dx[r,:] from dy of rms_norm. */
    void (*rms_norm)(float *dx, const float *dy, const float *x, const float *gain, size_t rows,
                     size_t width, float eps);
    /* dgain += the gradient of the gain from dy of rms_norm, row after row. */
    void (*add_rms_gain)(float *dgain, const float *dy, const float *x, size_t rows, size_t width,
                         float eps);
    /* dx[r,:] from dy of layer_norm. */
    void (*layer_norm)(float *dx, const float *dy, const float *x, const float *gain, size_t rows,
                       size_t width, float eps);
    /* dgain += the gradient of the gain from dy of layer_norm, row after row. */
    void (*add_layer_gain)(float *dgain, const float *dy, const float *x, size_t rows, size_t width,
                           float eps);
    /* dx from dy of gelu; dx may be dy. */
    void (*gelu)(float *dx, const float *dy, const float *x, size_t count);
    /* The same for quick_gelu. */
    void (*quick_gelu)(float *dx, const float *dy, const float *x, size_t count);
    /* From dy of silu_multiply; dgate and dup may be gate and up. */
    void (*silu_multiply)(float *dgate, float *dup, const float *dy, const float *gate,
                          const float *up, size_t count);
    /* From a row of scores p and the gradient dp of its softmax: p[0..valid) become the
       probabilities by `row`, the softmax of the whole row; dp[0..valid) becomes the gradient of the
       scores, where delta is the sum over the row of probabilities times their gradients. Both are
       0 in [valid..padded). */
    void (*softmax)(float *p, float *dp, const llava_softmax *row, float delta, float scale,
                    size_t valid, size_t padded);
    /* Returns the cross-entropy -log softmax(x)[label] of a row of logits; x becomes its gradient
       times factor. */
    float (*cross_entropy)(float *x, size_t label, size_t width, float factor);
    /* Sum over i of x[i] y[i]. */
    float (*dot)(const float *x, const float *y, size_t count);
} llava_gradients;

/* The scalars of one step of AdamW. */
typedef struct llava_adamw {
    float gradient_factor;   /* the gradient is first multiplied by it */
    float kept;              /* 1 - rate decay: the parameter is multiplied by it */
    float rate;              /* learning rate / (1 - beta1^t) */
    float first_share;       /* 1 - beta1 */
    float second_kept;       /* beta2 */
    float second_share;      /* 1 - beta2 */
    float second_correction; /* sqrt(1 - beta2^t) */
    float eps;
} llava_adamw;

/* The operations of a training step on whole arrays. Every set gives the same bits. */
typedef struct llava_training {
    /* One step of AdamW, which updates the parameter and its two moments. */
    void (*adamw)(float *parameter, const float *gradient, float *first, float *second,
                  const llava_adamw *step, size_t count);
    /* The sum of squares. */
    double (*squared_norm)(const float *x, size_t count);
    /* Whether no element is infinite or a NaN. */
    int (*finite)(const float *x, size_t count);
    /* y[i] = 0 where the 32-bit random number of (key, i) is below threshold, else x[i] factor. */
    void (*dropout)(float *y, const float *x, uint64_t key, uint32_t threshold, float factor,
                    size_t width);
} llava_training;

/* The functions that work along rows of f32; each is the same code compiled for another set. */
typedef struct llava_vectors {
    /* y[r,:] = (x[r,:] - mean) / sqrt(variance + eps) * gain + bias. */
    void (*layer_norm)(float *y, const float *x, const float *gain, const float *bias, size_t rows,
                       size_t width, float eps);
    /* y[r,:] = x[r,:] / sqrt(mean(x[r,:]^2) + eps) * gain. */
    void (*rms_norm)(float *y, const float *x, const float *gain, size_t rows, size_t width,
                     float eps);
    /* One block of a row's online softmax: x[0..valid) becomes exp(scale (x - largest)), with the
       largest value of this block and of those before; x[valid..padded) becomes 0. Returns the factor
       by which the caller rescales results of the blocks before: 0 when there are none, 1 when valid
       is 0. The caller also divides by the sum over all blocks. */
    float (*softmax_block)(float *x, size_t valid, size_t padded, float scale, llava_softmax *row);
    /* x *= factor. */
    void (*scale)(float *x, float factor, size_t count);
    /* x += y. */
    void (*add)(float *x, const float *y, size_t count);
    /* x[r,:] += bias. */
    void (*add_bias)(float *x, const float *bias, size_t rows, size_t width);
    /* x = x * sigmoid(1.702 x). */
    void (*quick_gelu)(float *x, size_t count);
    /* x = x * Phi(x), through erf. */
    void (*gelu)(float *x, size_t count);
    /* gate = gate * sigmoid(gate) * up. */
    void (*silu_multiply)(float *gate, const float *up, size_t count);
    /* Rotary position embedding: rotates the pairs (x[i], x[i + width/2]) of one head by the angles
       whose cosines and sines are given, each [width/2]. */
    void (*rotate)(float *x, const float *cosine, const float *sine, size_t width);
    /* Rounds to bf16, ties to even. */
    void (*to_bf16)(uint16_t *y, const float *x, size_t count);
    /* Quantises to integers whose largest magnitude is 127; returns the scale: NaN where an element
       is not finite, 0 where all magnitudes are below 2^-100. */
    float (*to_integers)(int8_t *y, const float *x, size_t count);
    /* y[column, row] = x[row, column], with rows the strides apart. */
    void (*transpose_16)(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride,
                         size_t rows, size_t columns);
    void (*transpose_32)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                         size_t columns);
    llava_gradients gradients;
    llava_training training;
    /* [LLAVA_FORMATS], the table of formats with this set's decoders. */
    const llava_format *formats;
} llava_vectors;

/* The kernels of one instruction set. */
typedef struct llava_kernels {
    const char *name; /* "scalar" | "avx2" | "avx512" | "avx512bf16" | "amx" */
    /* Whether bf16 accumulates one product at a time: all such sets give the same bits, as a product
       of two bf16 is exact in f32 unless it is below 2^-126. */
    int one_chain;
    llava_product bf16; /* activations rounded to bf16, weights of any type converted to bf16 */
    llava_product f32;  /* activations and weights in f32 */
    /* Quantised weights by activations quantised to 8-bit integers, with a scale for every 32 or 256
       of them (integer_scalar.c): every set gives the same bits. */
    llava_product by_32;  /* weights in Q4_0, Q4_1, Q5_0, Q5_1 or Q8_0 */
    llava_product by_256; /* weights in Q4_K, Q5_K or Q6_K */
    llava_vectors vectors;
} llava_kernels;

/* The best set that this machine can run, no better than the one named `ceiling` (NULL: no ceiling).
   Returns NULL when no set has that name. */
const llava_kernels *_Nullable llava_kernels_best(const char *_Nullable ceiling);

/* The set named `name`; NULL when there is none or this machine cannot run it. */
const llava_kernels *_Nullable llava_kernels_named(const char *name);

/* The names of all sets, best first; NULL after the last. */
const char *_Nullable llava_kernels_name(size_t index);

/* Attention of one head for a block of queries over a KV cache.

   q is [queries, width], with rows q_stride floats apart; keys are [length, width] and values are
   transposed, [width, length], both in the format `cached`, with rows `*_row_bytes` apart. Keys and
   values in LLAVA_I8 have a scale for each key, key_scales and value_scales [length], which are NULL
   for other formats. When causal, query i attends to the first visible - (queries - 1 - i) keys, at
   least one, else to the first `visible`.
   `length` must be a multiple of 32, and keys and values up to it must be finite: `visible` says how
   many are real. out is [queries, width], with rows out_stride apart. */
typedef struct llava_attention {
    const float *q;
    size_t q_stride;
    const void *keys;
    size_t key_row_bytes;
    const void *values;
    size_t value_row_bytes;
    llava_element cached;
    const float *_Nullable key_scales;
    const float *_Nullable value_scales;
    float *out;
    size_t out_stride;
    size_t queries;
    size_t width;
    size_t length;        /* keys, padded to a multiple of 32 */
    size_t visible;       /* keys that the last query attends to */
    int causal;
    float scale;
    /* Where each query's softmax is stored for the gradient, softmax_stride apart; NULL: not stored. */
    llava_softmax *_Nullable softmaxes;
    size_t softmax_stride;
} llava_attention;

/* `product` is bf16 or f32 of the set. */
size_t llava_attention_scratch_bytes(const llava_product *product, size_t queries, size_t width,
                                     size_t length);
void llava_attend(const llava_kernels *kernels, const llava_product *product,
                  const llava_attention *task, void *scratch);

/* The gradients of queries, keys and values of one sequence, for one key-value head and the `group`
   query heads that share it, which follow each other in a row. When causal, a query attends to the
   keys up to its own position, else to all of them.

   Rows are f32; there are `length` of each, one per position. Rows of q, out, dout and dq are
   q_stride floats apart, those of keys, values, dkeys and dvalues kv_stride. Head h of the group
   begins h * width floats after q, and its softmaxes h after `softmaxes`, as llava_attend stored
   them. dq is overwritten; the gradients of keys and values are added to dkeys and dvalues. */
typedef struct llava_attention_gradient {
    const float *q;
    const float *out;
    const float *dout;
    float *dq;
    size_t q_stride;
    const float *keys;
    const float *values;
    float *dkeys;
    float *dvalues;
    size_t kv_stride;
    const llava_softmax *softmaxes;
    size_t softmax_stride;
    size_t group;
    size_t length;
    size_t width;
    int causal;
    float scale;
} llava_attention_gradient;

size_t llava_attention_gradient_scratch_bytes(const llava_product *product, size_t length,
                                              size_t width);
void llava_attend_gradient(const llava_kernels *kernels, const llava_product *product,
                           const llava_attention_gradient *task, void *scratch);

#pragma clang assume_nonnull end

#endif
