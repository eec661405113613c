/* WebP through libwebp, loaded on first use. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <string.h>

/* libwebp's decode.h. */
static int (*get_info)(const uint8_t *bytes, size_t count, int *width, int *height);
static uint8_t *(*decode_rgb_into)(
    const uint8_t *bytes, size_t count, uint8_t *output, size_t output_count, int stride);

const char *loaded_open_webp(const char *name) {
  const struct loaded_function functions[] = {
      {"WebPGetInfo", &get_info},
      {"WebPDecodeRGBInto", &decode_rgb_into},
  };
  return loaded_library(name, functions, sizeof functions / sizeof *functions);
}

enum codec_status loaded_decode_webp(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report) {
  memset(report, 0, sizeof *report);
  int width = 0, height = 0;
  if (!get_info(request->bytes, request->count, &width, &height)) {
    return loaded_stop(report, CODEC_CORRUPT, "the WebP image has no sound header");
  }
  if ((uint32_t)width != request->width || (uint32_t)height != request->height) {
    return loaded_stop(report, CODEC_CORRUPT, "the WebP image has another size than its file says");
  }
  const size_t stride = (size_t)request->width * 3;
  const size_t size = stride * request->height;
  if (!decode_rgb_into(request->bytes, request->count, rgb, size, (int)stride)) {
    return loaded_stop(report, CODEC_CORRUPT, "the WebP image data is damaged or cut");
  }
  return CODEC_OK;
}
