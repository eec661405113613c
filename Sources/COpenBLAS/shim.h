// OpenBLAS: the f32 matrix product.
#include <cblas.h>
