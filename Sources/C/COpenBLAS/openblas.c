/* Loading OpenBLAS, and its one function.
   SPDX-License-Identifier: Apache-2.0 */
#include "include/COpenBLAS.h"
#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef void sgemm(const enum CBLAS_ORDER, const enum CBLAS_TRANSPOSE, const enum CBLAS_TRANSPOSE,
                   const blasint, const blasint, const blasint, const float, const float *,
                   const blasint, const float *, const blasint, const float, float *,
                   const blasint);

static sgemm *loaded;
static int rows_agree;
static pthread_once_t once = PTHREAD_ONCE_INIT;

enum { ROWS = 64, MOST_COLUMNS = 256, MOST_DEPTH = 600 };

/* Whether equal rows of a give equal rows of a . b^T; the numbers' last bits are full. */
static int equal_rows_agree(int columns, int depth) {
    size_t floats = (size_t)ROWS * depth + (size_t)columns * depth + (size_t)ROWS * columns;
    float *a = malloc(floats * sizeof *a);
    if (!a) return 0;
    float *b = a + ROWS * depth, *c = b + columns * depth;
    unsigned state = 1;
    for (int i = 0; i < (ROWS + columns) * depth; i++) {
        state = state * 1664525u + 1013904223u;
        a[i] = (float)(state >> 8) / (1 << 23) - 1;
    }
    for (int row = 1; row < ROWS; row++)
        memcpy(a + row * depth, a, (size_t)depth * sizeof *a);
    llava_blas_multiply(c, a, b, depth, ROWS, columns, depth);
    int agree = 1;
    for (int row = 1; row < ROWS; row++)
        agree &= memcmp(c, c + row * columns, (size_t)columns * sizeof *c) == 0;
    free(a);
    return agree;
}

static void load(void) {
    /* By default its constructor starts a thread for each core; our own threads do the work. */
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library) loaded = (sgemm *)dlsym(library, "cblas_sgemm");
    rows_agree = loaded && equal_rows_agree(MOST_COLUMNS, MOST_DEPTH)
              && equal_rows_agree(70, 89) && equal_rows_agree(8, 16);
}

int llava_blas_load(void) {
    pthread_once(&once, load);
    return loaded ? 0 : -1;
}

int llava_blas_rows_agree(void) {
    pthread_once(&once, load);
    return rows_agree;
}

void llava_blas_multiply(float *c, const float *a, const float *b, int stride, int m, int n,
                         int k) {
    loaded(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, k, b, stride, 0, c, n);
}

void llava_blas_multiply_columns(float *c, const float *a, const float *b, int stride, int m, int n,
                                 int k) {
    loaded(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, stride, 0, c, n);
}
