/* The tile instructions under short names, so that a test can replace them by an emulation.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_TILES_H
#define LLAVA_TILES_H

#include <immintrin.h>

#define tiles_configure(shape) _tile_loadconfig(shape)
#define tiles_release() _tile_release()
#define tile_clear(t) _tile_zero(t)
#define tile_load(t, base, stride) _tile_loadd(t, base, stride)
#define tile_save(t, base, stride) _tile_stored(t, base, stride)
#define tile_multiply(sum, a, b) _tile_dpbf16ps(sum, a, b)

#endif
