/* JPEG to RGB8 through libjpeg, with errors, warnings and an early end under control. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* One decoding; the library hands it back as `client_data`. */
struct decoder {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  const struct codec_request *request;
  struct codec_report *report;
  enum codec_status status;
  bool ended;
};

static struct decoder *decoder_of(j_common_ptr jpeg) {
  return (struct decoder *)jpeg->client_data;
}

static _Noreturn void leave(struct decoder *decoder, enum codec_status status, const char *why) {
  decoder->status = status;
  snprintf(decoder->report->message, sizeof decoder->report->message, "%s", why);
  longjmp(decoder->escape, 1);
}

static _Noreturn void leave_with_library_message(
    struct decoder *decoder, enum codec_status status) {
  char message[JMSG_LENGTH_MAX];
  decoder->errors.format_message((j_common_ptr)&decoder->jpeg, message);
  leave(decoder, status, message);
}

static enum codec_status status_of(int code) {
  switch (code) {
  case JERR_OUT_OF_MEMORY:
    return CODEC_NO_MEMORY;
  case JERR_NO_BACKING_STORE:
    return CODEC_TOO_COMPLEX;
  case JERR_EMPTY_IMAGE:
    return CODEC_EMPTY;
  case JERR_SOF_UNSUPPORTED:
  case JERR_BAD_PRECISION:
  case JERR_CONVERSION_NOTIMPL:
  case JERR_FRACT_SAMPLE_NOTIMPL:
  case JERR_CCIR601_NOTIMPL:
  case JERR_ARITH_NOTIMPL:
  case JERR_NOT_COMPILED:
    return CODEC_UNSUPPORTED;
  default:
    return CODEC_CORRUPT;
  }
}

static void on_error(j_common_ptr jpeg) {
  struct decoder *decoder = decoder_of(jpeg);
  enum codec_status status =
      decoder->ended ? CODEC_TRUNCATED : status_of(decoder->errors.msg_code);
  leave_with_library_message(decoder, status);
}

/* Level -1 is a warning: the library has found corrupt data and would continue with a guess. */
static void on_message(j_common_ptr jpeg, int level) {
  struct decoder *decoder = decoder_of(jpeg);
  if (level >= 0) return;
  switch (decoder->errors.msg_code) {
  case JWRN_JFIF_MAJOR:
  case JWRN_ADOBE_XFORM:
  case JWRN_NOT_SEQUENTIAL:
    return; /* Unusual headers that many cameras write; no pixel depends on a guess. */
  default:
    break;
  }
  if (decoder->ended) return;
  decoder->report->warned = true;
  if (!decoder->request->lenient) leave_with_library_message(decoder, CODEC_CORRUPT);
}

static void nothing(j_decompress_ptr jpeg) { (void)jpeg; }
static void no_output(j_common_ptr jpeg) { (void)jpeg; }

/* Called only when all bytes have been consumed, since the whole file was passed at the start. */
static boolean fill(j_decompress_ptr jpeg) {
  static const JOCTET end_of_image[2] = {0xFF, JPEG_EOI};
  struct decoder *decoder = decoder_of((j_common_ptr)jpeg);
  if (!decoder->request->pad_truncated) {
    leave(decoder, CODEC_TRUNCATED, "the data ends before the image does");
  }
  decoder->ended = true;
  decoder->report->padded = true;
  decoder->source.next_input_byte = end_of_image;
  decoder->source.bytes_in_buffer = 2;
  return TRUE;
}

static void skip(j_decompress_ptr jpeg, long count) {
  struct decoder *decoder = decoder_of((j_common_ptr)jpeg);
  if (count <= 0) return;
  if ((unsigned long)count > decoder->source.bytes_in_buffer) {
    fill(jpeg);
    return;
  }
  decoder->source.next_input_byte += count;
  decoder->source.bytes_in_buffer -= (size_t)count;
}

static void on_progress(j_common_ptr jpeg) {
  struct decoder *decoder = decoder_of(jpeg);
  if (decoder->jpeg.input_scan_number > decoder->request->scan_limit) {
    leave(decoder, CODEC_TOO_COMPLEX, "more scans than the limit");
  }
}

static void set_up(struct decoder *decoder) {
  decoder->jpeg.err = jpeg_std_error(&decoder->errors);
  decoder->jpeg.client_data = decoder;
  decoder->errors.error_exit = on_error;
  decoder->errors.emit_message = on_message;
  decoder->errors.output_message = no_output;
}

static void attach_source(struct decoder *decoder) {
  decoder->source.init_source = nothing;
  decoder->source.fill_input_buffer = fill;
  decoder->source.skip_input_data = skip;
  decoder->source.resync_to_restart = jpeg_resync_to_restart;
  decoder->source.term_source = nothing;
  decoder->source.next_input_byte = decoder->request->bytes;
  decoder->source.bytes_in_buffer = decoder->request->count;
  decoder->jpeg.src = &decoder->source;
  decoder->progress.progress_monitor = on_progress;
  decoder->jpeg.progress = &decoder->progress;
  decoder->jpeg.mem->max_memory_to_use = decoder->request->memory_limit;
}

/* a * b / 255, rounded as Pillow's MULDIV255 does. */
static int multiply_255(int a, int b) {
  int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/* Pillow treats every four-channel JPEG as inverted (Adobe's custom), then multiplies by black. */
static void cmyk_to_rgb(const uint8_t *inverted, uint32_t width, uint8_t *rgb) {
  for (uint32_t x = 0; x < width; x++) {
    int white = inverted[4 * x + 3];
    for (int channel = 0; channel < 3; channel++) {
      int ink = 255 - inverted[4 * x + channel];
      int value = white - multiply_255(ink, white);
      rgb[3 * x + channel] = (uint8_t)(value < 0 ? 0 : value);
    }
  }
}

static void read_header(struct decoder *decoder) {
  struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
  jpeg_read_header(jpeg, TRUE);
  if (jpeg->image_width != decoder->request->width ||
      jpeg->image_height != decoder->request->height) {
    leave(decoder, CODEC_CORRUPT, "the file holds frame headers that disagree");
  }
  switch (jpeg->num_components) {
  case 1:
  case 3:
    jpeg->out_color_space = JCS_RGB;
    break;
  case 4:
    jpeg->out_color_space = JCS_CMYK;
    break;
  default:
    leave(decoder, CODEC_UNSUPPORTED, "neither 1, 3 nor 4 components");
  }
  /* Pillow's choices, which are the library's own: equal bytes depend on them. */
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
}

static void read_rows(struct decoder *decoder, uint8_t *rgb) {
  struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
  const size_t stride = (size_t)jpeg->output_width * 3;
  JSAMPARRAY inks = NULL;
  if (jpeg->out_color_space == JCS_CMYK) {
    inks = jpeg->mem->alloc_sarray(
        (j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 4, 1);
  }
  while (jpeg->output_scanline < jpeg->output_height) {
    const JDIMENSION y = jpeg->output_scanline;
    if (inks) {
      if (jpeg_read_scanlines(jpeg, inks, 1) == 1) {
        cmyk_to_rgb(inks[0], jpeg->output_width, rgb + y * stride);
      }
    } else {
      JSAMPROW rows[8];
      JDIMENSION count = jpeg->output_height - y < 8 ? jpeg->output_height - y : 8;
      for (JDIMENSION row = 0; row < count; row++) rows[row] = rgb + (y + row) * stride;
      jpeg_read_scanlines(jpeg, rows, count);
    }
  }
}

enum codec_status codec_decode_jpeg(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report) {
  /* On the heap: what longjmp leaves in changed local variables is undefined. */
  struct decoder *decoder = calloc(1, sizeof *decoder);
  memset(report, 0, sizeof *report);
  if (!decoder) return CODEC_NO_MEMORY;
  decoder->request = request;
  decoder->report = report;
  set_up(decoder);
  if (setjmp(decoder->escape) == 0) {
    jpeg_create_decompress(&decoder->jpeg);
    attach_source(decoder);
    read_header(decoder);
    jpeg_start_decompress(&decoder->jpeg);
    read_rows(decoder, rgb);
    jpeg_finish_decompress(&decoder->jpeg);
  }
  jpeg_destroy_decompress(&decoder->jpeg);
  enum codec_status status = decoder->status;
  free(decoder);
  return status;
}
