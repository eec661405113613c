/* The part of libtiff that is used, declared here so that its headers are not needed to build. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOADED_TIFF_LIBRARY_H
#define LOADED_TIFF_LIBRARY_H

#include "library.h"

typedef struct tiff TIFF;

/* Tags and their values, TIFF 6.0; the pseudo-tag is libtiff's. */
enum {
  TAG_WIDTH = 256, TAG_HEIGHT = 257, TAG_BITS = 258, TAG_COMPRESSION = 259,
  TAG_PHOTOMETRIC = 262, TAG_ORIENTATION = 274, TAG_SAMPLES = 277, TAG_ROWSPERSTRIP = 278,
  TAG_PLANAR = 284, TAG_COLORMAP = 320, TAG_TILEWIDTH = 322, TAG_TILELENGTH = 323,
  TAG_EXTRASAMPLES = 338, TAG_SAMPLEFORMAT = 339, TAG_JPEGCOLORMODE = 65538
};
enum { JPEGCOLORMODE_RGB = 1, EXTRASAMPLE_MULTIPLIED = 1 };
enum { COMPRESSION_OLD_JPEG = 6, COMPRESSION_JPEG = 7 };
enum {
  PHOTOMETRIC_MINISWHITE = 0, PHOTOMETRIC_MINISBLACK = 1, PHOTOMETRIC_RGB = 2,
  PHOTOMETRIC_PALETTE = 3, PHOTOMETRIC_SEPARATED = 5, PHOTOMETRIC_YCBCR = 6
};

/* Functions of tiffio.h; libtiff.so.6 and .so.5 have them alike. */
struct tiff_library {
  TIFF *(*client_open)(
      const char *name, const char *mode, void *data,
      ptrdiff_t (*read)(void *data, void *bytes, ptrdiff_t count),
      ptrdiff_t (*write)(void *data, void *bytes, ptrdiff_t count),
      uint64_t (*seek)(void *data, uint64_t offset, int whence), int (*close)(void *data),
      uint64_t (*size)(void *data), int (*map)(void *data, void **base, uint64_t *size),
      void (*unmap)(void *data, void *base, uint64_t size));
  void (*close)(TIFF *tiff);
  int (*get_field)(TIFF *tiff, uint32_t tag, ...);
  int (*get_field_defaulted)(TIFF *tiff, uint32_t tag, ...);
  int (*set_field)(TIFF *tiff, uint32_t tag, ...);
  int (*is_tiled)(TIFF *tiff);
  uint64_t (*tile_size)(TIFF *tiff);
  uint64_t (*strip_size)(TIFF *tiff);
  uint32_t (*compute_tile)(TIFF *tiff, uint32_t x, uint32_t y, uint32_t z, uint16_t plane);
  uint32_t (*compute_strip)(TIFF *tiff, uint32_t row, uint16_t plane);
  ptrdiff_t (*read_tile)(TIFF *tiff, uint32_t tile, void *bytes, ptrdiff_t size);
  ptrdiff_t (*read_strip)(TIFF *tiff, uint32_t strip, void *bytes, ptrdiff_t size);
  int (*read_rgba)(
      TIFF *tiff, uint32_t width, uint32_t height, uint32_t *raster, int orientation, int stop);
  /* libtiff's last error message; empty if there was none. */
  char message[160];
};
extern struct tiff_library loaded_tiff __attribute__((visibility("hidden")));

/* A file in memory and where it is read. */
struct tiff_memory {
  const uint8_t *bytes;
  uint64_t count;
  uint64_t position;
};
TIFF *loaded_tiff_open_memory(struct tiff_memory *memory) __attribute__((visibility("hidden")));

#endif
