/* HEIF (HEIC and related formats) through libheif, loaded on first use. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <stdio.h>
#include <string.h>

/* libheif's heif.h, version 1.12 or later; all but the error is opaque. */
struct heif_error {
  int code;
  int subcode;
  const char *message;
};
enum { error_unsupported_file = 3, error_unsupported = 4, error_memory = 6 };
enum { suberror_end = 100, suberror_limit = 1000, suberror_codec = 3000 };
enum { colours_rgb = 1, chroma_rgb = 10, channel_rgb = 10 };
typedef struct heif_context heif_context;
typedef struct heif_handle heif_handle;
typedef struct heif_image heif_image;

static struct {
  heif_context *(*context)(void);
  void (*free_context)(heif_context *context);
  struct heif_error (*read)(heif_context *context, const void *bytes, size_t count, const void *);
  struct heif_error (*primary)(heif_context *context, heif_handle **handle);
  void (*threads)(heif_context *context, int count);
  int (*width)(const heif_handle *handle);
  int (*height)(const heif_handle *handle);
  void (*free_handle)(const heif_handle *handle);
  struct heif_error (*decode)(
      const heif_handle *handle, heif_image **image, int colours, int chroma, const void *options);
  void (*free_image)(const heif_image *image);
  int (*plane_width)(const heif_image *image, int channel);
  int (*plane_height)(const heif_image *image, int channel);
  const uint8_t *(*plane)(const heif_image *image, int channel, int *stride);
} heif;

const char *loaded_open_heif(const char *name) {
  const struct loaded_function functions[] = {
      {"heif_context_alloc", &heif.context},
      {"heif_context_free", &heif.free_context},
      {"heif_context_read_from_memory_without_copy", &heif.read},
      {"heif_context_get_primary_image_handle", &heif.primary},
      {"heif_image_handle_get_width", &heif.width},
      {"heif_image_handle_get_height", &heif.height},
      {"heif_image_handle_release", &heif.free_handle},
      {"heif_decode_image", &heif.decode},
      {"heif_image_release", &heif.free_image},
      {"heif_image_get_width", &heif.plane_width},
      {"heif_image_get_height", &heif.plane_height},
      {"heif_image_get_plane_readonly", &heif.plane},
  };
  const char *why = loaded_library(name, functions, sizeof functions / sizeof *functions);
  if (why) return why;
  /* These came with 1.13: inside the sandbox threads could not be started nor plug-ins loaded. */
  const struct loaded_function threads = {"heif_context_set_max_decoding_threads", &heif.threads};
  if (loaded_library(name, &threads, 1)) heif.threads = NULL;
  struct heif_error (*init)(void *parameters) = NULL;
  const struct loaded_function plugins = {"heif_init", &init};
  if (!loaded_library(name, &plugins, 1)) init(NULL);
  return NULL;
}

static enum codec_status failed(struct heif_error error, struct codec_report *report) {
  enum codec_status status = CODEC_CORRUPT;
  if (error.code == error_unsupported_file || error.code == error_unsupported) {
    status = CODEC_UNSUPPORTED;
  }
  if (error.code == error_memory) {
    status = error.subcode == suberror_limit ? CODEC_TOO_COMPLEX : CODEC_NO_MEMORY;
  }
  if (error.subcode == suberror_end) status = CODEC_TRUNCATED;
  const bool lacks_codec = error.subcode == suberror_codec;
  snprintf(
      report->message, sizeof report->message, "%s%s", error.message ? error.message : "damaged",
      lacks_codec ? ": libheif decodes it with a plugin (Debian: libheif-plugin-libde265)" : "");
  return status;
}

/* The caller frees both, whether or not it succeeds. */
static enum codec_status open_primary(
    const uint8_t *bytes, size_t count, heif_context **context, heif_handle **handle,
    struct codec_report *report) {
  memset(report, 0, sizeof *report);
  *handle = NULL;
  *context = heif.context();
  if (!*context) return loaded_stop(report, CODEC_NO_MEMORY, "no memory for the decoder");
  if (heif.threads) heif.threads(*context, 0);
  struct heif_error error = heif.read(*context, bytes, count, NULL);
  if (error.code == 0) error = heif.primary(*context, handle);
  return error.code == 0 ? CODEC_OK : failed(error, report);
}

static void close_primary(heif_context *context, heif_handle *handle) {
  if (handle) heif.free_handle(handle);
  if (context) heif.free_context(context);
}

enum codec_status loaded_measure_heif(
    const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height,
    struct codec_report *report) {
  heif_context *context;
  heif_handle *handle;
  enum codec_status status = open_primary(bytes, count, &context, &handle, report);
  if (status == CODEC_OK) {
    const int columns = heif.width(handle), rows = heif.height(handle);
    *width = columns > 0 ? (uint32_t)columns : 0;
    *height = rows > 0 ? (uint32_t)rows : 0;
  }
  close_primary(context, handle);
  return status;
}

static enum codec_status copy_rgb(
    const heif_image *image, uint32_t width, uint32_t height, uint8_t *rgb,
    struct codec_report *report) {
  int stride = 0;
  const uint8_t *rows = heif.plane(image, channel_rgb, &stride);
  if (!rows || stride < 0 || (size_t)stride < (size_t)width * 3 ||
      heif.plane_width(image, channel_rgb) != (int)width ||
      heif.plane_height(image, channel_rgb) != (int)height) {
    return loaded_stop(report, CODEC_CORRUPT, "the image has another size than its item says");
  }
  for (uint32_t y = 0; y < height; y++) {
    memcpy(rgb + (size_t)y * width * 3, rows + (size_t)y * (size_t)stride, (size_t)width * 3);
  }
  return CODEC_OK;
}

enum codec_status loaded_decode_heif(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report) {
  heif_context *context;
  heif_handle *handle;
  heif_image *image = NULL;
  enum codec_status status =
      open_primary(request->bytes, request->count, &context, &handle, report);
  if (status == CODEC_OK) {
    const struct heif_error error =
        heif.decode(handle, &image, colours_rgb, chroma_rgb, NULL);
    status = error.code != 0
        ? failed(error, report)
        : copy_rgb(image, request->width, request->height, rgb, report);
  }
  if (image) heif.free_image(image);
  close_primary(context, handle);
  return status;
}
