/* The ladder of rows, and the choice.
   SPDX-License-Identifier: Apache-2.0 */
#include "include/CKernels.h"
#include "cpu.h"
#include "rows.h"
#include <pthread.h>
#include <string.h>

enum { MOST_ROWS = 5 };

static struct {
    llava_kernels row;
    unsigned needs;
} ladder[MOST_ROWS]; /* best first */
static size_t rows;
static unsigned features;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add_row(const char *name, unsigned needs, const llava_product *bf16,
                    const llava_product *f32, const llava_vectors *vectors) {
    ladder[rows].row = (llava_kernels){name, *bf16, *f32, *vectors};
    ladder[rows].needs = needs;
    rows++;
}

static void build_ladder(void) {
    features = llava_cpu_features();
#if defined(__x86_64__)
    add_row("amx", CPU_AMX_BF16, &llava_product_amx, &llava_product_avx512_f32,
            &llava_vectors_avx512);
    add_row("avx512bf16", CPU_AVX512BF16, &llava_product_avx512bf16, &llava_product_avx512_f32,
            &llava_vectors_avx512);
    add_row("avx512", CPU_AVX512, &llava_product_avx512_bf16, &llava_product_avx512_f32,
            &llava_vectors_avx512);
    add_row("avx2", CPU_AVX2, &llava_product_avx2_bf16, &llava_product_avx2_f32,
            &llava_vectors_avx2);
#endif
    add_row("scalar", 0, &llava_product_scalar_bf16, &llava_product_scalar_f32,
            &llava_vectors_scalar);
}

const char *llava_kernels_name(size_t index) {
    pthread_once(&once, build_ladder);
    return index < rows ? ladder[index].row.name : NULL;
}

const llava_kernels *llava_kernels_best(const char *ceiling) {
    pthread_once(&once, build_ladder);
    size_t first = 0;
    if (ceiling) {
        while (first < rows && strcmp(ladder[first].row.name, ceiling) != 0) first++;
    }
    for (size_t i = first; i < rows; i++)
        if ((ladder[i].needs & ~features) == 0) return &ladder[i].row;
    return NULL;
}

const llava_kernels *llava_kernels_named(const char *name) {
    const llava_kernels *best = llava_kernels_best(name);
    return best && strcmp(best->name, name) == 0 ? best : NULL;
}
