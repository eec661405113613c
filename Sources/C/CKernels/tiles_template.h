/* tile_1 .. tile_GROUPS, made from the inlined `tile` with a constant first argument.
   SPDX-License-Identifier: Apache-2.0 */
#define TILE(count)                                                                            \
    static void tile_##count(float *sums, const weight_t *w, size_t w_stride,                  \
                             const packed_t *x, size_t group_stride, size_t columns,           \
                             int more) {                                                       \
        tile(count, sums, w, w_stride, x, group_stride, columns, more);                        \
    }
TILE(1)
#if GROUPS >= 2
TILE(2)
#endif
#if GROUPS >= 3
TILE(3)
#endif
