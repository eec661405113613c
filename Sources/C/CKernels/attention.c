/* Attention of one head for a block of queries, by the set's matrix products: the cached keys are
   the weights of the first product, the transposed values those of the second.
   SPDX-License-Identifier: Apache-2.0

   Keys are processed in blocks, so that scores stay in the processor's cache however long the
   context is, with an online softmax (Milakov and Gimelshein, arXiv 1805.02867). Blocks begin at
   fixed positions, and a block in which a query attends to no key leaves it unchanged, so that its
   result does not depend on the queries beside it. */
#include "include/CKernels.h"
#include <string.h>

/* The stride of scores is not a power of two: rows would share one set of the cache. */
enum { KEYS_PER_BLOCK = 1024, SCORE_STRIDE = KEYS_PER_BLOCK + 32 };

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t groups_of(const llava_product *product, size_t queries) {
    return (queries + product->lanes - 1) / product->lanes;
}

/* What every block of keys uses. */
typedef struct workspace {
    void *packed_queries;
    void *packed_scores;
    float *scores;       /* [queries, SCORE_STRIDE] */
    float *part;         /* [queries, width], the contribution of one block */
    llava_softmax *rows; /* [queries] */
    void *rest;          /* for the products */
} workspace;

size_t llava_attention_scratch_bytes(const llava_product *product, size_t queries, size_t width,
                                     size_t length) {
    size_t keys = smaller(length, KEYS_PER_BLOCK);
    return aligned(product->packed_bytes(queries, width))
         + aligned(product->packed_bytes(queries, keys))
         + aligned(queries * SCORE_STRIDE * sizeof(float))
         + aligned(queries * width * sizeof(float)) + aligned(queries * sizeof(llava_softmax))
         + product->scratch_bytes(queries, width > keys ? width : keys);
}

static void *take(char **scratch, size_t bytes) {
    void *part = *scratch;
    *scratch += aligned(bytes);
    return part;
}

static workspace lay_out(char *scratch, const llava_product *product, const llava_attention *task) {
    size_t queries = task->queries, keys = smaller(task->length, KEYS_PER_BLOCK);
    workspace space;
    space.packed_queries = take(&scratch, product->packed_bytes(queries, task->width));
    space.packed_scores = take(&scratch, product->packed_bytes(queries, keys));
    space.scores = take(&scratch, queries * SCORE_STRIDE * sizeof(float));
    space.part = take(&scratch, queries * task->width * sizeof(float));
    space.rows = take(&scratch, queries * sizeof(llava_softmax));
    space.rest = scratch;
    return space;
}

/* How many of the keys [first, first + keys) query i attends to. */
static size_t seen_keys(const llava_attention *task, size_t i, size_t first, size_t keys) {
    size_t visible = task->visible - (task->causal ? task->queries - 1 - i : 0);
    return visible <= first ? 0 : smaller(visible - first, keys);
}

/* x[i] *= scales[first + i], if there are scales. */
static void multiply_each(float *x, const float *scales, size_t first, size_t count) {
    if (scales)
        for (size_t i = 0; i < count; i++) x[i] *= scales[first + i];
}

/* out += exp(q . keys^T) . values over keys [first, first + keys), relative to the largest so far. */
static void attend_block(const llava_kernels *kernels, const llava_product *product,
                         const llava_attention *task, const workspace *space, size_t first,
                         size_t keys) {
    size_t queries = task->queries, width = task->width;
    llava_element element = task->cached;
    size_t element_bytes = llava_formats[element].block_bytes;

    /* scores[queries, keys] = q . keys^T, then their exponentials */
    llava_weights w = {(const char *)task->keys + first * task->key_row_bytes, element,
                       task->key_row_bytes};
    product->multiply(space->scores, SCORE_STRIDE, space->packed_queries, &w, queries, keys, width,
                      space->rest);
    for (size_t i = 0; i < queries; i++) {
        size_t seen = seen_keys(task, i, first, keys);
        float *scores = space->scores + i * SCORE_STRIDE;
        multiply_each(scores, task->key_scales, first, seen);
        float factor = kernels->vectors.softmax_block(scores, seen, keys, task->scale,
                                                      &space->rows[i]);
        multiply_each(scores, task->value_scales, first, seen);
        kernels->vectors.scale(task->out + i * task->out_stride, factor, width);
    }
    /* part[queries, width] = scores . values */
    w = (llava_weights){(const char *)task->values + first * element_bytes, element,
                        task->value_row_bytes};
    product->pack(space->packed_scores, space->scores, SCORE_STRIDE, queries, keys, 0,
                  groups_of(product, queries));
    product->multiply(space->part, width, space->packed_scores, &w, queries, width, keys,
                      space->rest);
    for (size_t i = 0; i < queries; i++)
        if (seen_keys(task, i, first, keys) > 0)
            kernels->vectors.add(task->out + i * task->out_stride, space->part + i * width, width);
}

void llava_attend(const llava_kernels *kernels, const llava_product *product,
                  const llava_attention *task, void *scratch) {
    size_t queries = task->queries, width = task->width;
    workspace space = lay_out(scratch, product, task);
    memset(space.rows, 0, queries * sizeof *space.rows);
    for (size_t i = 0; i < queries; i++)
        memset(task->out + i * task->out_stride, 0, width * sizeof(float));
    product->pack(space.packed_queries, task->q, task->q_stride, queries, width, 0,
                  groups_of(product, queries));
    for (size_t first = 0; first < task->length; first += KEYS_PER_BLOCK)
        attend_block(kernels, product, task, &space, first,
                     smaller(task->length - first, KEYS_PER_BLOCK));
    for (size_t i = 0; i < queries; i++)
        kernels->vectors.scale(task->out + i * task->out_stride, 1.0f / space.rows[i].sum, width);
    if (task->softmaxes)
        for (size_t i = 0; i < queries; i++)
            task->softmaxes[i * task->softmax_stride] = space.rows[i];
}
