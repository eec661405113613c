// Pictures made on the spot, for tests that need many.
// SPDX-License-Identifier: Apache-2.0
#ifndef CTESTIMAGES_H
#define CTESTIMAGES_H

/// Writes the picture number `seed` to `path` as a JPEG of 48 x 48: a disc or a square, its place,
/// size and colours by the seed. Returns 0, or -1 where the file cannot be written.
int llava_test_write_jpeg(const char *path, unsigned seed);

#endif
