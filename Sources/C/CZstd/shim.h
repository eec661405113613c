// libzstd: the frames of every stream.
// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>
#include <zstd_errors.h>
