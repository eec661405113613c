/* AVIF through libavif, loaded on first use. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libavif's avif.h, as far as 0.11, which Debian 12 has, and 1.0 and later agree. */
struct avif_image {
  uint32_t width;
  uint32_t height;
  uint32_t depth;
  int format;
  int range;
  int chroma_position;
  uint8_t *planes[3]; /* samples of two bytes where depth is above 8 */
  uint32_t row_bytes[3];
  int owns_planes;
  uint8_t *alpha;
  uint32_t alpha_row_bytes;
  /* and more */
};
typedef struct avif_decoder avif_decoder;
enum { format_444 = 1, format_422 = 2, format_rgba = 1 };
enum { result_no_codec = 15, result_no_memory = 26, result_truncated = 20 };

/* The conversion that is asked for: the fields up to `is_float`, then a count of threads since 1.0,
   then where the pixels go. */
struct conversion {
  uint32_t width;
  uint32_t height;
  uint32_t depth;
  int format;
  int upsampling;
  int downsampling;
  int avoid_libyuv;
  int ignore_alpha;
  int premultiplied;
  int is_float;
  union {
    struct {
      uint8_t *pixels;
      uint32_t row_bytes;
    } before_1_0;
    struct {
      int threads;
      uint8_t *pixels;
      uint32_t row_bytes;
    } since_1_0;
    /* Room for fields that later versions add. */
    uint8_t room[256];
  } rest;
};

static struct {
  const char *(*version)(void);
  avif_decoder *(*decoder)(void);
  void (*free_decoder)(avif_decoder *decoder);
  struct avif_image *(*image)(void);
  void (*free_image)(struct avif_image *image);
  int (*read)(avif_decoder *decoder, struct avif_image *image, const uint8_t *bytes, size_t count);
  void (*set_defaults)(struct conversion *conversion, const struct avif_image *image);
  int (*convert)(const struct avif_image *image, struct conversion *conversion);
  const char *(*explain)(int result);
  bool is_before_1_0;
} avif;

const char *loaded_open_avif(const char *name) {
  const struct loaded_function functions[] = {
      {"avifVersion", &avif.version},
      {"avifDecoderCreate", &avif.decoder},
      {"avifDecoderDestroy", &avif.free_decoder},
      {"avifImageCreateEmpty", &avif.image},
      {"avifImageDestroy", &avif.free_image},
      {"avifDecoderReadMemory", &avif.read},
      {"avifRGBImageSetDefaults", &avif.set_defaults},
      {"avifImageYUVToRGB", &avif.convert},
      {"avifResultToString", &avif.explain},
  };
  const char *why = loaded_library(name, functions, sizeof functions / sizeof *functions);
  if (why) return why;
  avif.is_before_1_0 = strncmp(avif.version(), "0.11.", 5) == 0;
  if (avif.is_before_1_0 || strncmp(avif.version(), "1.", 2) == 0) return NULL;
  static char other[96];
  snprintf(other, sizeof other, "%s is of version %s, not 0.11 or 1", name, avif.version());
  return other;
}

static enum codec_status failed(int result, struct codec_report *report) {
  switch (result) {
    case result_no_codec: return loaded_stop(
        report, CODEC_UNSUPPORTED, "libavif was built without a decoder of AV1");
    case result_no_memory: return loaded_stop(report, CODEC_NO_MEMORY, avif.explain(result));
    case result_truncated: return loaded_stop(report, CODEC_TRUNCATED, avif.explain(result));
    default: return loaded_stop(report, CODEC_CORRUPT, avif.explain(result));
  }
}

static void keep_high_bits(
    uint8_t *plane, uint32_t row_bytes, uint32_t width, uint32_t height, uint32_t shift) {
  for (uint32_t y = 0; plane && y < height; y++) {
    uint8_t *row = plane + (size_t)y * row_bytes;
    for (uint32_t x = 0; x < width; x++) {
      uint16_t sample;
      memcpy(&sample, row + 2 * (size_t)x, sizeof sample);
      row[x] = (uint8_t)(sample >> shift);
    }
  }
}

/* The high bits of deeper samples, in place, as libavif itself takes them since 1.0: 0.11 has other
   arithmetic for them, up to 4 levels away. */
static void to_eight_bits(struct avif_image *image) {
  if (image->depth <= 8) return;
  const uint32_t shift = image->depth - 8;
  for (int p = 0; p < 3; p++) {
    const bool halves_width = p > 0 && image->format != format_444;
    const bool halves_height = halves_width && image->format != format_422;
    keep_high_bits(
        image->planes[p], image->row_bytes[p], halves_width ? (image->width + 1) / 2 : image->width,
        halves_height ? (image->height + 1) / 2 : image->height, shift);
  }
  keep_high_bits(image->alpha, image->alpha_row_bytes, image->width, image->height, shift);
  image->depth = 8;
}

static int convert_to(struct avif_image *image, uint8_t *rgba) {
  to_eight_bits(image);
  struct conversion conversion;
  memset(&conversion, 0, sizeof conversion);
  avif.set_defaults(&conversion, image);
  conversion.format = format_rgba;
  conversion.depth = 8;
  if (avif.is_before_1_0) {
    conversion.rest.before_1_0.pixels = rgba;
    conversion.rest.before_1_0.row_bytes = image->width * 4;
  } else {
    conversion.rest.since_1_0.pixels = rgba;
    conversion.rest.since_1_0.row_bytes = image->width * 4;
  }
  return avif.convert(image, &conversion);
}

/* With alpha, which is dropped here: if asked for RGB, libavif would blend the image with black. */
static enum codec_status convert(
    struct avif_image *image, const struct codec_request *request, uint8_t *rgb,
    struct codec_report *report) {
  if (image->width != request->width || image->height != request->height) {
    return loaded_stop(report, CODEC_CORRUPT, "the image has another size than its item says");
  }
  const size_t pixels = (size_t)image->width * image->height;
  uint8_t *rgba = calloc(pixels, 4);
  if (!rgba) return loaded_stop(report, CODEC_NO_MEMORY, "no memory for the image's pixels");
  const int result = convert_to(image, rgba);
  for (size_t pixel = 0; pixel < pixels; pixel++) memcpy(rgb + 3 * pixel, rgba + 4 * pixel, 3);
  free(rgba);
  return result == 0 ? CODEC_OK : failed(result, report);
}

enum codec_status loaded_decode_avif(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report) {
  memset(report, 0, sizeof *report);
  avif_decoder *decoder = avif.decoder();
  struct avif_image *image = avif.image();
  enum codec_status status = CODEC_NO_MEMORY;
  if (decoder && image) {
    const int result = avif.read(decoder, image, request->bytes, request->count);
    status =
        result == 0 ? convert(image, request, rgb, report) : failed(result, report);
  }
  if (image) avif.free_image(image);
  if (decoder) avif.free_decoder(decoder);
  return status;
}
