/* Small loops over whole images: normalisation and EXIF orientation. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "CImageCodecs.h"

#include <string.h>

void codec_planes(const uint8_t *rgb, size_t count, const float *tables, float *planes) {
  for (size_t pixel = 0; pixel < count; pixel++) {
    planes[pixel] = tables[rgb[3 * pixel]];
    planes[count + pixel] = tables[256 + rgb[3 * pixel + 1]];
    planes[2 * count + pixel] = tables[512 + rgb[3 * pixel + 2]];
  }
}

void codec_orient(
    const uint8_t *rgb, size_t width, size_t height, int orientation, uint8_t *output) {
  const bool swap = orientation >= 5;
  const bool turns = orientation == 3 || orientation == 7;
  const bool mirror_x = turns || orientation == 2 || orientation == 8;
  const bool mirror_y = turns || orientation == 4 || orientation == 6;
  const size_t columns = swap ? height : width;
  const size_t rows = swap ? width : height;
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++, output += 3) {
      size_t x = swap ? row : column;
      size_t y = swap ? column : row;
      if (mirror_x) x = width - 1 - x;
      if (mirror_y) y = height - 1 - y;
      memcpy(output, rgb + 3 * (y * width + x), 3);
    }
  }
}
