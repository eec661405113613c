/* The sets of kernels, best first, and the choice of one.
   SPDX-License-Identifier: Apache-2.0 */
#include "include/CKernels.h"
#include "cpu.h"
#include "sets.h"
#include <pthread.h>
#include <string.h>

enum { MOST_SETS = 5 };

static struct {
    llava_kernels kernels;
    unsigned needs;
} sets[MOST_SETS]; /* best first */
static size_t count;
static unsigned features;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add_set(unsigned needs, llava_kernels kernels) {
    sets[count].kernels = kernels;
    sets[count].needs = needs;
    count++;
}

#if defined(__x86_64__)
/* The fastest integer products, all of which give the same bits: with AVX-512, or without. */
static void choose_integers(llava_kernels *kernels, int wide) {
    if (wide && (features & CPU_AVX512_VNNI)) {
        kernels->by_32 = llava_product_avx512vnni_by_32;
        kernels->by_256 = llava_product_avx512vnni_by_256;
    } else if (features & CPU_AVX_VNNI) {
        kernels->by_32 = llava_product_avxvnni_by_32;
        kernels->by_256 = llava_product_avxvnni_by_256;
    } else {
        kernels->by_32 = llava_product_avx2_by_32;
        kernels->by_256 = llava_product_avx2_by_256;
    }
}

static void add_vector_set(const char *name, unsigned needs, int one_chain,
                           const llava_product *bf16, const llava_product *f32,
                           const llava_vectors *vectors) {
    llava_kernels kernels = {
        .name = name, .one_chain = one_chain, .bf16 = *bf16, .f32 = *f32, .vectors = *vectors};
    choose_integers(&kernels, needs != CPU_AVX2);
    add_set(needs, kernels);
}
#endif

static void build_sets(void) {
    features = llava_cpu_features();
#if defined(__x86_64__)
    add_vector_set("amx", CPU_AMX_BF16, 0, &llava_product_amx, &llava_product_avx512_f32,
                   &llava_vectors_avx512);
    add_vector_set("avx512bf16", CPU_AVX512BF16, 0, &llava_product_avx512bf16,
                   &llava_product_avx512_f32, &llava_vectors_avx512);
    add_vector_set("avx512", CPU_AVX512, 1, &llava_product_avx512_bf16, &llava_product_avx512_f32,
                   &llava_vectors_avx512);
    add_vector_set("avx2", CPU_AVX2, 1, &llava_product_avx2_bf16, &llava_product_avx2_f32,
                   &llava_vectors_avx2);
#endif
    add_set(0, (llava_kernels){"scalar", 1, llava_product_scalar_bf16, llava_product_scalar_f32,
                               llava_product_scalar_by_32, llava_product_scalar_by_256,
                               llava_vectors_scalar});
}

const char *llava_kernels_name(size_t index) {
    pthread_once(&once, build_sets);
    return index < count ? sets[index].kernels.name : NULL;
}

const llava_kernels *llava_kernels_best(const char *ceiling) {
    pthread_once(&once, build_sets);
    size_t first = 0;
    if (ceiling) {
        while (first < count && strcmp(sets[first].kernels.name, ceiling) != 0) first++;
    }
    for (size_t i = first; i < count; i++)
        if ((sets[i].needs & ~features) == 0) return &sets[i].kernels;
    return NULL;
}

const llava_kernels *llava_kernels_named(const char *name) {
    const llava_kernels *best = llava_kernels_best(name);
    return best && strcmp(best->name, name) == 0 ? best : NULL;
}
