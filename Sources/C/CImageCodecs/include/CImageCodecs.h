/* JPEG and PNG decoding and Pillow's resampling: the interface to the code written in C. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a decoder stopped. */
enum codec_status {
  CODEC_OK = 0,
  CODEC_TRUNCATED,
  CODEC_CORRUPT,
  CODEC_TOO_COMPLEX,
  CODEC_UNSUPPORTED,
  CODEC_EMPTY,
  CODEC_NO_MEMORY
};

/* What the caller has read in the file's headers, and how strict to be. */
struct codec_request {
  const uint8_t *bytes;
  size_t count;
  /* The size that the caller found; a decoder that finds a different one reports the file as corrupt. */
  uint32_t width;
  uint32_t height;
  /* Warnings about pixels, and wrong checksums in PNG, are not errors. */
  bool lenient;
  /* Data that ends early is padded as by the library, and is not an error. */
  bool pad_truncated;
  /* Scans of a JPEG; more is CODEC_TOO_COMPLEX. */
  int scan_limit;
  /* Bytes that libjpeg may hold at once. */
  long memory_limit;
};

struct codec_report {
  /* One line in plain English, from the library. */
  char message[160];
  /* The file ended early and was padded. */
  bool padded;
  /* A warning about pixels was ignored. */
  bool warned;
};

/* Decodes a whole JPEG or PNG to RGB8 rows without gaps, as Pillow's convert("RGB") does.
   `rgb` holds width * height * 3 bytes, zeroed. */
enum codec_status codec_decode_jpeg(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);
enum codec_status codec_decode_png(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* Pillow's numbers for its filters. */
enum codec_filter {
  CODEC_NEAREST = 0,
  CODEC_LANCZOS = 1,
  CODEC_BILINEAR = 2,
  CODEC_BICUBIC = 3,
  CODEC_BOX = 4,
  CODEC_HAMMING = 5
};

/* One direction of a resize. The source is `length` samples, of which only
   [offset, offset + stored) are in memory and the others have the background colour;
   it is resized to `resized` samples, of which [first, first + count) are wanted. */
struct codec_axis {
  int length;
  int offset;
  int stored;
  int resized;
  int first;
  int count;
};

/* Resizes RGB8 exactly as Pillow does, in one direction and then the other with rounding to bytes
   between; `down_first` does the vertical pass first. `source` has y->stored rows of x->stored
   pixels; `output` gets y->count rows of x->count pixels.
   Returns CODEC_OK or CODEC_NO_MEMORY. */
enum codec_status codec_resize(
    const uint8_t *source, const struct codec_axis *x, const struct codec_axis *y,
    const uint8_t background[3], enum codec_filter filter, bool down_first,
    uint8_t *output);

/* Writes `count` RGB pixels as three planes of f32, each byte looked up in its channel's table. */
void codec_planes(const uint8_t *rgb, size_t count, const float *tables, float *planes);

/* Copies an image rotated or mirrored by EXIF orientation 1 ... 8; 5 ... 8 swap width and height. */
void codec_orient(
    const uint8_t *rgb, size_t width, size_t height, int orientation, uint8_t *output);

#ifdef __cplusplus
}
#endif
#endif
