/* Loading libtiff, and having it read a file in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_library.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct tiff_library loaded_tiff;

/* The first of several errors is the cause of the others. */
static void note_error(const char *module, const char *format, va_list values) {
  (void)module;
  if (loaded_tiff.message[0]) return;
  vsnprintf(loaded_tiff.message, sizeof loaded_tiff.message, format, values);
}

const char *loaded_open_tiff(const char *name) {
  typedef void handler(const char *module, const char *format, va_list values);
  handler *(*set_error_handler)(handler *) = NULL;
  handler *(*set_warning_handler)(handler *) = NULL;
  const struct loaded_function functions[] = {
      {"TIFFClientOpen", &loaded_tiff.client_open},
      {"TIFFClose", &loaded_tiff.close},
      {"TIFFGetField", &loaded_tiff.get_field},
      {"TIFFGetFieldDefaulted", &loaded_tiff.get_field_defaulted},
      {"TIFFSetField", &loaded_tiff.set_field},
      {"TIFFIsTiled", &loaded_tiff.is_tiled},
      {"TIFFTileSize64", &loaded_tiff.tile_size},
      {"TIFFStripSize64", &loaded_tiff.strip_size},
      {"TIFFComputeTile", &loaded_tiff.compute_tile},
      {"TIFFComputeStrip", &loaded_tiff.compute_strip},
      {"TIFFReadEncodedTile", &loaded_tiff.read_tile},
      {"TIFFReadEncodedStrip", &loaded_tiff.read_strip},
      {"TIFFReadRGBAImageOriented", &loaded_tiff.read_rgba},
      {"TIFFSetErrorHandler", &set_error_handler},
      {"TIFFSetWarningHandler", &set_warning_handler},
  };
  const char *why = loaded_library(name, functions, sizeof functions / sizeof *functions);
  if (why) return why;
  set_error_handler(note_error);
  set_warning_handler(NULL);
  return NULL;
}

static ptrdiff_t read_memory(void *data, void *bytes, ptrdiff_t count) {
  struct tiff_memory *memory = data;
  if (count < 0 || memory->position >= memory->count) return 0;
  const uint64_t left = memory->count - memory->position;
  if ((uint64_t)count > left) count = (ptrdiff_t)left;
  memcpy(bytes, memory->bytes + memory->position, (size_t)count);
  memory->position += (uint64_t)count;
  return count;
}

static ptrdiff_t write_nothing(void *data, void *bytes, ptrdiff_t count) {
  (void)data, (void)bytes, (void)count;
  return 0;
}

static uint64_t seek_memory(void *data, uint64_t offset, int whence) {
  struct tiff_memory *memory = data;
  if (whence == SEEK_CUR) offset += memory->position;
  if (whence == SEEK_END) offset += memory->count;
  memory->position = offset;
  return offset;
}

static int close_nothing(void *data) {
  (void)data;
  return 0;
}

static uint64_t size_of_memory(void *data) { return ((struct tiff_memory *)data)->count; }

/* Mapped data is not copied. */
static int map_memory(void *data, void **base, uint64_t *size) {
  struct tiff_memory *memory = data;
  *base = (void *)(uintptr_t)memory->bytes;
  *size = memory->count;
  return 1;
}

static void unmap_nothing(void *data, void *base, uint64_t size) {
  (void)data, (void)base, (void)size;
}

TIFF *loaded_tiff_open_memory(struct tiff_memory *memory) {
  loaded_tiff.message[0] = 0;
  return loaded_tiff.client_open(
      "memory", "r", memory, read_memory, write_nothing, seek_memory, close_nothing,
      size_of_memory, map_memory, unmap_nothing);
}
