// libpng: PNG is read and written by it.
// SPDX-License-Identifier: Apache-2.0
#include <png.h>
