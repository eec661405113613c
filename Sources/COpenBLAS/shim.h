// OpenBLAS: the f32 matrix product.
// SPDX-License-Identifier: Apache-2.0
#include <cblas.h>
