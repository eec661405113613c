/* Decoders of libraries that are loaded when first asked for, and the walls around them. */
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
   the library is needed to build. Returns NULL, or why it cannot be used, valid until the next
   call: the loader's words, or the name of a function that it lacks. */
const char *loaded_open_webp(const char *name);
const char *loaded_open_tiff(const char *name);
const char *loaded_open_heif(const char *name);
const char *loaded_open_avif(const char *name);

/* One VP8 or VP8L image in a RIFF container of its own, to RGB8 rows without gaps; alpha is dropped.
   `rgb` holds width * height * 3 bytes. */
enum codec_status loaded_decode_webp(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* The first directory of a TIFF file, as Pillow's convert("RGB") has it; not turned. */
enum codec_status loaded_decode_tiff(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* The first image of an AVIF file; not turned. */
enum codec_status loaded_decode_avif(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* The size of the primary image of a HEIF file, turned, mirrored and cut as the file says, and its
   pixels, of which width and height must be those of that size. */
enum codec_status loaded_measure_heif(
    const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height,
    struct codec_report *report);
enum codec_status loaded_decode_heif(
    const struct codec_request *request, uint8_t *rgb, struct codec_report *report);

/* What `loaded_confine` managed. */
enum loaded_walls {
  LOADED_WALL_LIMITS = 1,
  LOADED_WALL_SECCOMP = 2
};

/* Gives up, for the rest of the process's life, all that decoding does not need: memory above
   `bytes` more than is in use, processor time above `seconds` and twice that by the clock, descriptors but the standard ones, core files; and
   where the kernel has seccomp, every system call but those that read and write open descriptors,
   manage memory that is not executable, wait and end. Other calls then fail with EPERM. Returns
   which walls stand, of enum loaded_walls. */
int loaded_confine(size_t bytes, unsigned seconds);

/* Whether files, sockets and processes are out of reach: tries to open one of each. */
bool loaded_is_confined(void);

#ifdef __cplusplus
}
#endif
#endif
