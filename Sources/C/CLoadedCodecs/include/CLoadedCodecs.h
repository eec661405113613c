/* Decoders in libraries that are loaded on first use, and their sandbox. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOADEDCODECS_H
#define CLOADEDCODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CImageCodecs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each loads a library by its file name, such as libwebp.so.7, for the decoders below; no header of
   the library is needed to build. Returns NULL, or the reason why it cannot be used, valid until the
   next call: the loader's message, or the name of a function that the library lacks. */
const char *loaded_open_webp(const char *name);
const char *loaded_open_tiff(const char *name);
const char *loaded_open_heif(const char *name);
const char *loaded_open_avif(const char *name);

/* One VP8 or VP8L image in a RIFF container of its own, to RGB8 rows without gaps; alpha is dropped.
   `rgb` holds width * height * 3 bytes. */
enum codec_status loaded_decode_webp(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* The first directory of a TIFF file, as by Pillow's convert("RGB"); not rotated. */
enum codec_status loaded_decode_tiff(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* The first image of an AVIF file; not rotated. */
enum codec_status loaded_decode_avif(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* The size of the primary image of a HEIF file, rotated, mirrored and cropped as the file says, and its
   pixels, for which width and height must be that size. */
enum codec_status loaded_measure_heif(
    const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height,
    struct codec_report *report);
enum codec_status loaded_decode_heif(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* The protections that `loaded_confine` put in force. */
enum loaded_walls {
  LOADED_WALL_LIMITS = 1,
  LOADED_WALL_SECCOMP = 2
};

/* Gives up, for the rest of the process's life, all that decoding does not need: memory beyond
   `bytes` more than is in use, processor time beyond `seconds` and twice that by the clock,
   descriptors except the standard ones, and core files; where the kernel has seccomp, also every
   system call except those that read and write open descriptors, manage memory that is not
   executable, wait and exit. Other calls then fail with EPERM. Returns the protections that are in
   force, of enum loaded_walls. */
int loaded_confine(size_t bytes, unsigned seconds);

/* Whether files, sockets and processes are out of reach; tries to open one of each. */
bool loaded_is_confined(void);

#ifdef __cplusplus
}
#endif
#endif
