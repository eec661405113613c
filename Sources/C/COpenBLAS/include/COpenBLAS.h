/* OpenBLAS's f32 matrix product, loaded when it is first asked for: a tool that computes in bf16,
   or prints its version, starts without it and without its threads.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef COPENBLAS_H
#define COPENBLAS_H

/* Loads libopenblas for one thread a caller; 0 when it is there. Safe to call from any thread. */
int llava_blas_load(void);

/* Whether a row's result is the same at every place among 64: tried once, as some of OpenBLAS's
   kernels (those for Zen and Haswell) round the rows that are left over in another way. */
int llava_blas_rows_agree(void);

/* c[m, n] = a[m, k] . b[n, k]^T, row-major, the rows of b `stride` apart and the others without
   gaps, once llava_blas_load gave 0. */
void llava_blas_multiply(float *c, const float *a, const float *b, int stride, int m, int n, int k);

/* c[m, n] = a[m, k] . b[k, n], likewise. */
void llava_blas_multiply_columns(float *c, const float *a, const float *b, int stride, int m, int n,
                                 int k);

#endif
