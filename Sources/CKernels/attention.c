/* Attention of one head for a block of queries, out of the rows' own products: the cached keys are
   the weights of the first product, the transposed values those of the second.
   SPDX-License-Identifier: Apache-2.0 */
#include "include/CKernels.h"

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t llava_attention_scratch_bytes(const llava_product *product, size_t queries, size_t width,
                                     size_t length) {
    size_t wider = width > length ? width : length;
    return aligned(product->packed_bytes(queries, wider))
         + aligned(queries * length * sizeof(float)) + product->scratch_bytes(queries);
}

void llava_attend(const llava_kernels *kernels, const llava_product *product,
                  const llava_attention *task, void *scratch) {
    size_t queries = task->queries, width = task->width, length = task->length;
    size_t groups = (queries + product->lanes - 1) / product->lanes;
    size_t wider = width > length ? width : length;
    llava_element element = product == &kernels->f32 ? LLAVA_F32 : LLAVA_BF16;
    char *packed = scratch;
    float *weights = (float *)(void *)(packed + aligned(product->packed_bytes(queries, wider)));
    char *rest = (char *)weights + aligned(queries * length * sizeof(float));

    /* weights[queries, length] = q . keys^T */
    llava_weights keys = {task->keys, element, task->key_row_bytes};
    product->pack(packed, task->q, task->q_stride, queries, width, 0, groups);
    product->multiply(weights, length, packed, &keys, queries, length, width, rest);
    for (size_t i = 0; i < queries; i++) {
        size_t hidden = task->causal ? queries - 1 - i : 0;
        kernels->vectors.softmax(weights + i * length, task->visible - hidden, length, task->scale);
    }
    /* out[queries, width] = weights . values */
    llava_weights values = {task->values, element, task->value_row_bytes};
    product->pack(packed, weights, length, queries, length, 0, groups);
    product->multiply(task->out, task->out_stride, packed, &values, queries, width, length, rest);
}
