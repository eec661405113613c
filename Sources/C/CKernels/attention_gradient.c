/* The gradient of attention, by the set's matrix products: scores are recomputed from queries,
   keys and the softmax that attention stored (Dao et al., arXiv 2205.14135, appendix B.2).
   SPDX-License-Identifier: Apache-2.0

   With probabilities P = softmax(scale q k^T) and dP = dout v^T: dS = P (dP - rowsum(dout out)) scale,
   dq = dS k, dk = dS^T q, dv = P^T dout. Queries and the keys that they attend to are processed in
   blocks, which begin at fixed positions, so that a result depends only on the sequence. */
#include "include/CKernels.h"
#include <string.h>

enum { QUERIES = 64, KEYS = 512, STRIDE = KEYS + 32 };

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

typedef struct workspace {
    void *packed_queries; /* [QUERIES, width], of q */
    void *packed_dout;    /* and of dout */
    float *queries;       /* [width, QUERIES], q transposed */
    float *dout;
    float *keys;          /* [width, length], keys transposed */
    float *shares;        /* [QUERIES, STRIDE] */
    float *dscores;
    float *turned;        /* [KEYS, QUERIES], probabilities or dscores transposed */
    void *packed;         /* either, packed */
    float *part;          /* [KEYS, width], the contribution of one block */
    float *deltas;        /* [QUERIES] */
    void *rest;           /* for the products */
} workspace;

static size_t larger_packed(const llava_product *product) {
    size_t a = product->packed_bytes(QUERIES, KEYS), b = product->packed_bytes(KEYS, QUERIES);
    return a > b ? a : b;
}

static void *take(char *base, size_t *used, size_t bytes) {
    void *part = base + *used;
    *used += aligned(bytes);
    return part;
}

/* Lays out the parts from `base` on; returns their size in bytes, without that of the products. */
static size_t lay_out(workspace *space, char *base, const llava_product *product, size_t length,
                      size_t width) {
    size_t used = 0;
    space->packed_queries = take(base, &used, product->packed_bytes(QUERIES, width));
    space->packed_dout = take(base, &used, product->packed_bytes(QUERIES, width));
    space->queries = take(base, &used, width * QUERIES * sizeof(float));
    space->dout = take(base, &used, width * QUERIES * sizeof(float));
    space->keys = take(base, &used, width * length * sizeof(float));
    space->shares = take(base, &used, QUERIES * STRIDE * sizeof(float));
    space->dscores = take(base, &used, QUERIES * STRIDE * sizeof(float));
    space->turned = take(base, &used, KEYS * QUERIES * sizeof(float));
    space->packed = take(base, &used, larger_packed(product));
    space->part = take(base, &used, KEYS * width * sizeof(float));
    space->deltas = take(base, &used, QUERIES * sizeof(float));
    space->rest = base + used;
    return used;
}

size_t llava_attention_gradient_scratch_bytes(const llava_product *product, size_t length,
                                              size_t width) {
    static char nowhere;
    workspace space;
    size_t inner = width > KEYS ? width : KEYS;
    return lay_out(&space, &nowhere, product, length, width) + product->scratch_bytes(KEYS, inner);
}

/* y [m, n] = x . w^T, where x is packed and w are n rows of f32, w_stride floats apart. */
static void multiply(const llava_product *product, float *y, size_t y_stride, const void *packed,
                     const float *w, size_t w_stride, size_t m, size_t n, size_t k, void *scratch) {
    llava_weights weights = {w, LLAVA_F32, w_stride * sizeof(float)};
    product->multiply(y, y_stride, packed, &weights, m, n, k, scratch);
}

static void pack(const llava_product *product, void *packed, const float *x, size_t stride, size_t m,
                 size_t k) {
    product->pack(packed, x, stride, m, k, 0, (m + product->lanes - 1) / product->lanes);
}

/* The queries [first, first + count) of one head. */
typedef struct block {
    const llava_attention_gradient *task;
    size_t head;
    size_t first;
    size_t count;
} block;

static size_t place(const block *b, size_t i) {
    return (b->first + i) * b->task->q_stride + b->head * b->task->width;
}

/* delta = dout . out, with dout rounded as the products round it, since delta is subtracted from
   their results. (With dout itself the error of dq is half as large again where keys are similar.) */
static float delta(const llava_kernels *kernels, const llava_product *product, const block *b,
                   const workspace *space, size_t i) {
    const float *dout = b->task->dout + place(b, i), *out = b->task->out + place(b, i);
    size_t width = b->task->width;
    if (product->inputs == LLAVA_BF16) {
        uint16_t *halves = (uint16_t *)(space->part + width);
        kernels->vectors.to_bf16(halves, dout, width);
        kernels->vectors.formats[LLAVA_BF16].to_f32(space->part, halves, width);
        dout = space->part;
    }
    return kernels->vectors.gradients.dot(dout, out, width);
}

static void begin(const llava_kernels *kernels, const llava_product *product, const block *b,
                  const workspace *space) {
    const llava_attention_gradient *task = b->task;
    const float *q = task->q + place(b, 0), *dout = task->dout + place(b, 0);
    size_t width = task->width, stride = task->q_stride;
    pack(product, space->packed_queries, q, stride, b->count, width);
    pack(product, space->packed_dout, dout, stride, b->count, width);
    kernels->vectors.transpose_32(space->queries, b->count, q, stride, b->count, width);
    kernels->vectors.transpose_32(space->dout, b->count, dout, stride, b->count, width);
    for (size_t i = 0; i < b->count; i++) {
        space->deltas[i] = delta(kernels, product, b, space, i);
        memset(task->dq + place(b, i), 0, width * sizeof(float));
    }
}

/* target [keys, width] += x^T . y, where x [queries, keys] and y comes transposed. */
static void add_turned(const llava_kernels *kernels, const llava_product *product, const block *b,
                       const workspace *space, const float *x, const float *y, size_t keys,
                       float *target) {
    size_t width = b->task->width;
    kernels->vectors.transpose_32(space->turned, b->count, x, STRIDE, b->count, keys);
    pack(product, space->packed, space->turned, b->count, keys, b->count);
    multiply(product, space->part, width, space->packed, y, b->count, keys, width, b->count,
             space->rest);
    for (size_t j = 0; j < keys; j++)
        kernels->vectors.add(target + j * b->task->kv_stride, space->part + j * width, width);
}

/* The gradients between the block's queries and keys [first, first + keys). */
static void pass(const llava_kernels *kernels, const llava_product *product, const block *b,
                 const workspace *space, size_t first, size_t keys) {
    const llava_attention_gradient *task = b->task;
    size_t width = task->width, stride = task->kv_stride, start = first * stride;
    multiply(product, space->shares, STRIDE, space->packed_queries, task->keys + start, stride,
             b->count, keys, width, space->rest);
    multiply(product, space->dscores, STRIDE, space->packed_dout, task->values + start, stride,
             b->count, keys, width, space->rest);
    for (size_t i = 0; i < b->count; i++) {
        size_t position = b->first + i;
        size_t before = position < first ? 0 : smaller(position + 1 - first, keys);
        size_t seen = task->causal ? before : keys;
        kernels->vectors.gradients.softmax(
            space->shares + i * STRIDE, space->dscores + i * STRIDE,
            &task->softmaxes[position * task->softmax_stride + b->head], space->deltas[i],
            task->scale, seen, keys);
    }
    add_turned(kernels, product, b, space, space->shares, space->dout, keys, task->dvalues + start);
    add_turned(kernels, product, b, space, space->dscores, space->queries, keys,
               task->dkeys + start);
    pack(product, space->packed, space->dscores, STRIDE, b->count, keys);
    multiply(product, space->part, width, space->packed, space->keys + first, task->length,
             b->count, width, keys, space->rest);
    for (size_t i = 0; i < b->count; i++)
        kernels->vectors.add(task->dq + place(b, i), space->part + i * width, width);
}

void llava_attend_gradient(const llava_kernels *kernels, const llava_product *product,
                           const llava_attention_gradient *task, void *scratch) {
    workspace space;
    lay_out(&space, scratch, product, task->length, task->width);
    kernels->vectors.transpose_32(space.keys, task->length, task->keys, task->kv_stride,
                                  task->length, task->width);
    for (size_t head = 0; head < task->group; head++) {
        for (size_t first = 0; first < task->length; first += QUERIES) {
            block b = {task, head, first, smaller(task->length - first, QUERIES)};
            size_t visible = task->causal ? first + b.count : task->length;
            begin(kernels, product, &b, &space);
            for (size_t key = 0; key < visible; key += KEYS)
                pass(kernels, product, &b, &space, key, smaller(visible - key, KEYS));
        }
    }
}
