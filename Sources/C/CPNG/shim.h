// libpng: the PNG decoder and encoder.
// SPDX-License-Identifier: Apache-2.0
#include <png.h>
