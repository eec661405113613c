/* Loading a library and looking up its functions. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOADED_LIBRARY_H
#define LOADED_LIBRARY_H

#include <stddef.h>

#include "CLoadedCodecs.h"

struct loaded_function {
  const char *name;
  /* Where the address is stored: the address of a pointer to a function. */
  void *place;
};

/* Loads `name` and looks up all functions. Returns NULL, or the reason for a failure. */
const char *loaded_library(
    const char *name, const struct loaded_function *functions, size_t count);

/* Writes the reason why a decoder stopped, and returns `status`. */
enum codec_status loaded_stop(
    struct codec_report *report, enum codec_status status, const char *why);

#endif
