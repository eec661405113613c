/* TIFF through libtiff, loaded on first use: from blocks of samples to RGB8. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_library.h"

#include <stdlib.h>
#include <string.h>

/* The tags that say how samples are stored (TIFF 6.0, section 8), and what follows from them. */
struct decoder {
  TIFF *tiff;
  const struct codec_request *request;
  struct codec_report *report;
  uint16_t bits;
  uint16_t samples;
  uint16_t photometric;
  uint16_t planar;
  uint16_t compression;
  /* The samples of the colour, and those kept of each pixel: also alpha if colours are premultiplied. */
  uint16_t colours;
  uint16_t kept;
  bool multiplied;
  /* The high bytes of red, green and blue of each index. */
  const uint16_t *palette[3];
};

static uint16_t small_field(TIFF *tiff, uint32_t tag, uint16_t otherwise) {
  uint16_t value = otherwise;
  return loaded_tiff.get_field_defaulted(tiff, tag, &value) ? value : otherwise;
}

static enum codec_status stop(struct decoder *decoder, enum codec_status status, const char *why) {
  return loaded_stop(decoder->report, status, why);
}

static enum codec_status read_colours(struct decoder *decoder) {
  switch (decoder->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK: decoder->colours = 1; break;
    case PHOTOMETRIC_PALETTE:
      decoder->colours = 1;
      if (decoder->bits > 8) {
        return stop(decoder, CODEC_UNSUPPORTED, "a TIFF palette of more than 256 colours");
      }
      if (!loaded_tiff.get_field(
              decoder->tiff, TAG_COLORMAP, &decoder->palette[0], &decoder->palette[1],
              &decoder->palette[2])) {
        return stop(decoder, CODEC_CORRUPT, "a TIFF of indices without a palette");
      }
      break;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR: decoder->colours = 3; break;
    case PHOTOMETRIC_SEPARATED: decoder->colours = 4; break;
    default:
      return stop(
          decoder, CODEC_UNSUPPORTED, "a TIFF of other colours than grey, RGB, CMYK and YCbCr");
  }
  if (decoder->samples < decoder->colours) {
    return stop(decoder, CODEC_CORRUPT, "a TIFF with too few samples for its colours");
  }
  decoder->kept = decoder->colours;
  uint16_t count = 0;
  const uint16_t *kinds = NULL;
  loaded_tiff.get_field_defaulted(decoder->tiff, TAG_EXTRASAMPLES, &count, &kinds);
  if (count > 0 && kinds && kinds[0] == EXTRASAMPLE_MULTIPLIED &&
      decoder->samples > decoder->colours && decoder->photometric != PHOTOMETRIC_PALETTE) {
    decoder->multiplied = true;
    decoder->kept++;
  }
  return CODEC_OK;
}

static enum codec_status read_tags(struct decoder *decoder) {
  TIFF *tiff = decoder->tiff;
  uint32_t width = 0, height = 0;
  loaded_tiff.get_field(tiff, TAG_WIDTH, &width);
  loaded_tiff.get_field(tiff, TAG_HEIGHT, &height);
  if (width != decoder->request->width || height != decoder->request->height) {
    return stop(decoder, CODEC_CORRUPT, "the TIFF has another size than its first directory says");
  }
  decoder->bits = small_field(tiff, TAG_BITS, 1);
  decoder->samples = small_field(tiff, TAG_SAMPLES, 1);
  decoder->photometric = small_field(tiff, TAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
  decoder->planar = small_field(tiff, TAG_PLANAR, 1);
  decoder->compression = small_field(tiff, TAG_COMPRESSION, 1);
  if (decoder->compression == COMPRESSION_OLD_JPEG) {
    return stop(decoder, CODEC_UNSUPPORTED, "a TIFF with JPEG of the old style");
  }
  if (small_field(tiff, TAG_SAMPLEFORMAT, 1) != 1) {
    return stop(decoder, CODEC_UNSUPPORTED, "a TIFF of signed or floating samples");
  }
  const uint16_t bits = decoder->bits;
  if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16) {
    return stop(decoder, CODEC_UNSUPPORTED, "a TIFF of other than 1, 2, 4, 8 or 16 bits a sample");
  }
  return read_colours(decoder);
}

/* Sample `index` of a row as it is stored; the high byte of 16 bits. */
static uint8_t sample(const uint8_t *row, size_t index, uint16_t bits) {
  if (bits == 8) return row[index];
  if (bits == 16) {
    uint16_t value;
    memcpy(&value, row + 2 * index, sizeof value);
    return (uint8_t)(value >> 8);
  }
  const size_t bit = index * bits;
  return (uint8_t)(row[bit / 8] >> (8 - bits - bit % 8)) & (uint8_t)((1u << bits) - 1);
}

/* A strip or a tile, which begins at column x and row y of the image. */
struct block {
  uint32_t x, y, width, height;
};

/* Copies samples of a decoded block to their pixels: all that are kept, or only plane `plane`. */
static void place(
    const struct decoder *decoder, const struct block *block, const uint8_t *bytes, size_t stride,
    int plane, uint8_t *kept) {
  const uint32_t width = decoder->request->width, height = decoder->request->height;
  const uint32_t columns = width - block->x < block->width ? width - block->x : block->width;
  const uint32_t rows = height - block->y < block->height ? height - block->y : block->height;
  for (uint32_t row = 0; row < rows; row++) {
    const uint8_t *from = bytes + row * stride;
    uint8_t *to = kept + ((size_t)(block->y + row) * width + block->x) * decoder->kept;
    for (uint32_t column = 0; column < columns; column++, to += decoder->kept) {
      if (plane >= 0) {
        to[plane] = sample(from, column, decoder->bits);
      } else {
        for (uint16_t which = 0; which < decoder->kept; which++) {
          to[which] = sample(from, (size_t)column * decoder->samples + which, decoder->bits);
        }
      }
    }
  }
}

/* Reads all blocks of the image, or of one plane. */
static enum codec_status read_blocks(struct decoder *decoder, int plane, uint8_t *kept) {
  TIFF *tiff = decoder->tiff;
  const uint32_t width = decoder->request->width, height = decoder->request->height;
  const bool tiled = loaded_tiff.is_tiled(tiff);
  struct block block = {0, 0, width, 0};
  if (tiled) {
    block.width = 0;
    loaded_tiff.get_field(tiff, TAG_TILEWIDTH, &block.width);
    loaded_tiff.get_field(tiff, TAG_TILELENGTH, &block.height);
  } else {
    loaded_tiff.get_field_defaulted(tiff, TAG_ROWSPERSTRIP, &block.height);
    if (block.height > height) block.height = height;
  }
  if (block.width == 0 || block.height == 0) return stop(decoder, CODEC_CORRUPT, "a TIFF without blocks");
  const uint64_t together = plane < 0 ? decoder->samples : 1;
  const uint64_t stride = ((uint64_t)block.width * together * decoder->bits + 7) / 8;
  const uint64_t size = tiled ? loaded_tiff.tile_size(tiff) : loaded_tiff.strip_size(tiff);
  if (size == 0 || size > ((uint64_t)1 << 31) || stride > size) {
    return stop(decoder, CODEC_CORRUPT, "a TIFF whose blocks have no sensible size");
  }
  uint8_t *bytes = calloc(1, size);
  if (!bytes) return stop(decoder, CODEC_NO_MEMORY, "no memory for a block of the TIFF");
  enum codec_status status = CODEC_OK;
  for (block.y = 0; block.y < height && status == CODEC_OK; block.y += block.height) {
    for (block.x = 0; block.x < width; block.x += block.width) {
      const uint16_t which = plane < 0 ? 0 : (uint16_t)plane;
      const int64_t count =
          tiled ? loaded_tiff.read_tile(
                      tiff, loaded_tiff.compute_tile(tiff, block.x, block.y, 0, which), bytes,
                      (ptrdiff_t)size)
                : loaded_tiff.read_strip(
                      tiff, loaded_tiff.compute_strip(tiff, block.y, which), bytes,
                      (ptrdiff_t)size);
      const uint32_t left = height - block.y;
      const uint64_t rows = tiled || left > block.height ? block.height : left;
      if (count < 0 || (uint64_t)count < rows * stride) {
        status = stop(
            decoder, CODEC_CORRUPT,
            loaded_tiff.message[0] ? loaded_tiff.message : "the TIFF data is damaged or cut");
        break;
      }
      place(decoder, &block, bytes, stride, plane, kept);
      if (width - block.x <= block.width) break;
    }
    if (height - block.y <= block.height) break;
  }
  free(bytes);
  return status;
}

/* a * b / 255, rounded as Pillow's MULDIV255 does. */
static uint8_t multiply_255(int a, int b) {
  int product = a * b + 128;
  return (uint8_t)((product + (product >> 8)) >> 8);
}

static uint8_t clamped(int value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

static void convert_pixel(const struct decoder *decoder, const uint8_t *kept, uint8_t *rgb) {
  const uint16_t bits = decoder->bits > 8 ? 8 : decoder->bits;
  const int most = (1 << bits) - 1;
  if (decoder->photometric == PHOTOMETRIC_PALETTE) {
    for (int channel = 0; channel < 3; channel++) {
      rgb[channel] = (uint8_t)(decoder->palette[channel][kept[0]] >> 8);
    }
    return;
  }
  if (decoder->photometric == PHOTOMETRIC_SEPARATED) {
    const int white = 255 - kept[3];
    for (int channel = 0; channel < 3; channel++) {
      rgb[channel] = clamped(white - multiply_255(kept[channel], white));
    }
    return;
  }
  for (int channel = 0; channel < 3; channel++) {
    int value = kept[decoder->colours == 1 ? 0 : channel];
    if (bits < 8) value = value * 255 / most;
    if (decoder->photometric == PHOTOMETRIC_MINISWHITE) value = 255 - value;
    const int alpha = decoder->multiplied ? kept[decoder->colours] : 255;
    if (alpha != 255) value = alpha == 0 ? 0 : clamped(255 * value / alpha);
    rgb[channel] = (uint8_t)value;
  }
}

/* libtiff's own conversion, as in Pillow, for YCbCr that no JPEG decoder has converted. */
static enum codec_status convert_by_library(struct decoder *decoder, uint8_t *rgb) {
  const uint32_t width = decoder->request->width, height = decoder->request->height;
  uint32_t *raster = calloc((size_t)width * height, sizeof *raster);
  if (!raster) return stop(decoder, CODEC_NO_MEMORY, "no memory for the TIFF's pixels");
  const uint16_t orientation = small_field(decoder->tiff, TAG_ORIENTATION, 1);
  const bool read =
      loaded_tiff.read_rgba(decoder->tiff, width, height, raster, orientation, 1) != 0;
  for (size_t pixel = 0; read && pixel < (size_t)width * height; pixel++) {
    rgb[3 * pixel] = (uint8_t)raster[pixel];
    rgb[3 * pixel + 1] = (uint8_t)(raster[pixel] >> 8);
    rgb[3 * pixel + 2] = (uint8_t)(raster[pixel] >> 16);
  }
  free(raster);
  if (read) return CODEC_OK;
  return stop(
      decoder, CODEC_CORRUPT,
      loaded_tiff.message[0] ? loaded_tiff.message : "the TIFF data is damaged or cut");
}

static enum codec_status decode(struct decoder *decoder, uint8_t *rgb) {
  enum codec_status status = read_tags(decoder);
  if (status != CODEC_OK) return status;
  if (decoder->photometric == PHOTOMETRIC_YCBCR) {
    if (decoder->compression != COMPRESSION_JPEG || decoder->planar != 1) {
      return convert_by_library(decoder, rgb);
    }
    loaded_tiff.set_field(decoder->tiff, TAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  const size_t pixels = (size_t)decoder->request->width * decoder->request->height;
  uint8_t *kept = calloc(pixels, decoder->kept);
  if (!kept) return stop(decoder, CODEC_NO_MEMORY, "no memory for the TIFF's samples");
  if (decoder->planar == 1) {
    status = read_blocks(decoder, -1, kept);
  } else {
    for (int plane = 0; plane < decoder->kept && status == CODEC_OK; plane++) {
      status = read_blocks(decoder, plane, kept);
    }
  }
  for (size_t pixel = 0; status == CODEC_OK && pixel < pixels; pixel++) {
    convert_pixel(decoder, kept + pixel * decoder->kept, rgb + 3 * pixel);
  }
  free(kept);
  return status;
}

enum codec_status loaded_decode_tiff(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report) {
  memset(report, 0, sizeof *report);
  struct decoder decoder = {.request = request, .report = report};
  struct tiff_memory memory = {request->bytes, request->count, 0};
  decoder.tiff = loaded_tiff_open_memory(&memory);
  if (!decoder.tiff) {
    return loaded_stop(
        report, CODEC_CORRUPT,
        loaded_tiff.message[0] ? loaded_tiff.message : "the TIFF has no sound header");
  }
  const enum codec_status status = decode(&decoder, rgb);
  loaded_tiff.close(decoder.tiff);
  return status;
}
