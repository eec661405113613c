/* Loading a library and looking up its functions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static char why[256];

const char *loaded_library(
    const char *name, const struct loaded_function *functions, size_t count) {
  /* RTLD_NOW: inside the sandbox nothing can be loaded any more. */
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *error = dlerror();
    snprintf(why, sizeof why, "%s", error ? error : name);
    return why;
  }
  for (size_t index = 0; index < count; index++) {
    void *found = dlsym(library, functions[index].name);
    if (!found) {
      snprintf(why, sizeof why, "%s has no function %s", name, functions[index].name);
      return why;
    }
    memcpy(functions[index].place, &found, sizeof found);
  }
  return NULL;
}

enum codec_status loaded_stop(
    struct codec_report *report, enum codec_status status, const char *text) {
  snprintf(report->message, sizeof report->message, "%s", text);
  return status;
}
