/* PNG to RGB8 through libpng, with errors, checksums and an early end under control. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

struct decoder {
  png_structp png;
  png_infop info;
  jmp_buf escape;
  const struct codec_request *request;
  struct codec_report *report;
  size_t position;
  uint8_t *rgb;
  enum codec_status status;
  bool indexed;
  bool rows_begun;
  bool rows_done;
  uint8_t palette[256][3];
};

static _Noreturn void leave(struct decoder *decoder, enum codec_status status, const char *why) {
  decoder->status = status;
  snprintf(decoder->report->message, sizeof decoder->report->message, "%s", why);
  longjmp(decoder->escape, 1);
}

static _Noreturn void on_error(png_structp png, png_const_charp message) {
  struct decoder *decoder = png_get_error_ptr(png);
  bool memory = strstr(message, "emory") != NULL;
  leave(decoder, memory ? CODEC_NO_MEMORY : CODEC_CORRUPT, message);
}

/* Only what is said of the image data itself touches pixels; metadata may be as odd as it likes.
   Bytes after the end of the data are common and harmless. */
static void on_warning(png_structp png, png_const_charp message) {
  struct decoder *decoder = png_get_error_ptr(png);
  if (strncmp(message, "IDAT", 4) != 0) return;
  if (strstr(message, "Extra compressed data") || strstr(message, "Too much image data")) return;
  decoder->report->warned = true;
  if (!decoder->request->lenient) leave(decoder, CODEC_CORRUPT, message);
}

static void on_read(png_structp png, png_bytep output, size_t count) {
  struct decoder *decoder = png_get_io_ptr(png);
  if (count > decoder->request->count - decoder->position) {
    leave(decoder, CODEC_TRUNCATED, "the data ends before the image does");
  }
  memcpy(output, decoder->request->bytes + decoder->position, count);
  decoder->position += count;
}

static void set_up(struct decoder *decoder) {
  png_structp png = decoder->png;
  const struct codec_request *request = decoder->request;
  int crc = request->lenient ? PNG_CRC_QUIET_USE : PNG_CRC_ERROR_QUIT;
  png_set_read_fn(png, decoder, on_read);
  png_set_user_limits(png, request->width, request->height);
  png_set_chunk_malloc_max(png, 8 << 20);
  png_set_crc_action(png, crc, crc);
  /* Read in small chunks, so that hardly a row of a truncated file is lost. */
  if (request->pad_truncated) png_set_compression_buffer_size(png, 16);
  /* An index beyond the palette is black, as in Pillow, without a warning. */
  png_set_check_for_invalid_index(png, -1);
  /* Only IHDR, PLTE, IDAT and IEND matter: transparency is dropped, and colours are not converted. */
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);
}

static void read_palette(struct decoder *decoder) {
  png_colorp colours = NULL;
  int count = 0;
  png_get_PLTE(decoder->png, decoder->info, &colours, &count);
  for (int index = 0; index < count && index < 256; index++) {
    decoder->palette[index][0] = colours[index].red;
    decoder->palette[index][1] = colours[index].green;
    decoder->palette[index][2] = colours[index].blue;
  }
}

static void choose_transforms(struct decoder *decoder) {
  png_structp png = decoder->png;
  const int depth = png_get_bit_depth(png, decoder->info);
  const int colour = png_get_color_type(png, decoder->info);
  decoder->indexed = colour == PNG_COLOR_TYPE_PALETTE;
  if (decoder->indexed) {
    png_set_packing(png);
    read_palette(decoder);
    return;
  }
  /* The high byte, as in Pillow; scaling would round. */
  if (depth == 16) png_set_strip_16(png);
  if (colour & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
  if (!(colour & PNG_COLOR_MASK_COLOR)) {
    if (depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
  }
}

static void read_image(struct decoder *decoder) {
  png_structp png = decoder->png;
  const struct codec_request *request = decoder->request;
  png_read_info(png, decoder->info);
  if (png_get_image_width(png, decoder->info) != request->width ||
      png_get_image_height(png, decoder->info) != request->height) {
    leave(decoder, CODEC_CORRUPT, "the header changed while it was read");
  }
  choose_transforms(decoder);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, decoder->info);
  size_t wanted = (size_t)request->width * (decoder->indexed ? 1 : 3);
  if (png_get_rowbytes(png, decoder->info) != wanted) {
    leave(decoder, CODEC_UNSUPPORTED, "a pixel layout that no PNG should have");
  }
  decoder->rows_begun = true;
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < request->height; y++) {
      png_read_row(png, decoder->rgb + (size_t)y * request->width * 3, NULL);
    }
  }
  decoder->rows_done = true;
  png_read_end(png, NULL);
}

/* Each row holds its indices in its first third; going from the right overwrites none unread. */
static void expand_palette(struct decoder *decoder) {
  const size_t width = decoder->request->width;
  for (uint32_t y = 0; y < decoder->request->height; y++) {
    uint8_t *row = decoder->rgb + (size_t)y * width * 3;
    for (size_t x = width; x-- > 0;) memcpy(row + 3 * x, decoder->palette[row[x]], 3);
  }
}

enum codec_status codec_decode_png(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report) {
  struct decoder *decoder = calloc(1, sizeof *decoder);
  memset(report, 0, sizeof *report);
  if (!decoder) return CODEC_NO_MEMORY;
  decoder->request = request;
  decoder->report = report;
  decoder->rgb = rgb;
  if (setjmp(decoder->escape) == 0) {
    decoder->png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, on_error, on_warning);
    if (decoder->png) decoder->info = png_create_info_struct(decoder->png);
    if (!decoder->info) leave(decoder, CODEC_NO_MEMORY, "no memory for the decoder");
    set_up(decoder);
    read_image(decoder);
  }
  if (decoder->status == CODEC_TRUNCATED && request->pad_truncated && decoder->rows_begun) {
    report->padded = true;
    decoder->status = CODEC_OK;
  }
  if (decoder->status == CODEC_OK && decoder->indexed) expand_palette(decoder);
  png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
  enum codec_status status = decoder->status;
  free(decoder);
  return status;
}
