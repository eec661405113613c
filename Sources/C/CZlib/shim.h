// zlib: the checksums of PyTorch's zip files.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>
