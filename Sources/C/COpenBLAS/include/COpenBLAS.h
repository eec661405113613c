/* OpenBLAS's f32 matrix product, loaded when it is first asked for: a tool that computes in bf16,
   or prints its version, starts without it and without its threads.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef COPENBLAS_H
#define COPENBLAS_H

/* Loads libopenblas for one thread a caller; 0 when it is there. Safe to call from any thread. */
int llava_blas_load(void);

/* c[m, n] = a[m, k] . b[n, k]^T, all row-major and without gaps, once llava_blas_load gave 0. */
void llava_blas_multiply(float *c, const float *a, const float *b, int m, int n, int k);

#endif
