/* Loading OpenBLAS, and its one function.
   SPDX-License-Identifier: Apache-2.0 */
#include "include/COpenBLAS.h"
#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

typedef void sgemm(const enum CBLAS_ORDER, const enum CBLAS_TRANSPOSE, const enum CBLAS_TRANSPOSE,
                   const blasint, const blasint, const blasint, const float, const float *,
                   const blasint, const float *, const blasint, const float, float *,
                   const blasint);

static sgemm *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    /* Its constructor starts a thread for each core unless told otherwise; ours do the work. */
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library) loaded = (sgemm *)dlsym(library, "cblas_sgemm");
}

int llava_blas_load(void) {
    pthread_once(&once, load);
    return loaded ? 0 : -1;
}

void llava_blas_multiply(float *c, const float *a, const float *b, int m, int n, int k) {
    loaded(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, k, b, k, 0, c, n);
}
