/* OpenBLAS's f32 matrix product, loaded on first use: a tool that computes in bf16,
   or prints its version, starts without it and without its threads.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef COPENBLAS_H
#define COPENBLAS_H

/* Loads libopenblas with one thread per caller; returns 0 on success. Safe to call from any thread. */
int llava_blas_load(void);

/* Whether a row has the same result at every position among 64: tested once, as some of OpenBLAS's
   kernels (those for Zen and Haswell) round the remaining rows of a tile differently. */
int llava_blas_rows_agree(void);

/* c[m, n] = a[m, k] . b[n, k]^T, row-major, the rows of b `stride` apart and the others without
   gaps, once llava_blas_load gave 0. */
void llava_blas_multiply(float *c, const float *a, const float *b, int stride, int m, int n, int k);

/* c[m, n] = a[m, k] . b[k, n], likewise. */
void llava_blas_multiply_columns(float *c, const float *a, const float *b, int stride, int m, int n,
                                 int k);

#endif
