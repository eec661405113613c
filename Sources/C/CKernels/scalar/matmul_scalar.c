/* The definition: y[m,n] = sum over k of x[m,k] w[n,k], one chain of f32 additions, k ascending.
   The bf16 product first rounds x and w to bf16. The other sets are tested against this one; they
   may use fused multiply-adds, and the bf16 instructions add the products in pairs.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"

enum { ROWS = 4, LANES = 4, K_STEP = 1, ROWS_PER_BLOCK = 64, COLUMNS_PER_BLOCK = 2048 };
#define GROUPS 1
#define WEIGHT_IS_F32 1
#define FORMAT_TABLE llava_formats
typedef float weight_t;
typedef float packed_t;

static void tile_1(float *sums, const weight_t *w, size_t w_stride, const packed_t *x,
                   size_t group_stride, size_t columns, int more) {
    (void)group_stride;
    for (int r = 0; r < ROWS; r++)
        for (int lane = 0; lane < LANES; lane++) {
            float sum = more ? sums[r * LANES + lane] : 0.0f;
            for (size_t k = 0; k < columns; k++) sum += w[r * w_stride + k] * x[k * LANES + lane];
            sums[r * LANES + lane] = sum;
        }
}

#include "../matmul_template.h"
#include "../pack_f32_template.h"

const llava_product llava_product_scalar_bf16 = {
    LLAVA_BF16, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack_bf16,
    scratch_bytes, multiply_bf16};
const llava_product llava_product_scalar_f32 = {
    LLAVA_F32, LANES, MAX_ROWS, ROWS_PER_BLOCK, packed_bytes, pack_f32,
    scratch_bytes, multiply_f32};
