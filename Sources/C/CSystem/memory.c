// The end of a process that runs out of memory: one line and status 5, where Swift would trap.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CSystem.h"
#include "last_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { longest = 501 };
static char lines[2][longest];

static void set_line(enum last_words which, const char *line) {
  strncpy(lines[which], line, longest - 1);
  if (strlen(line) >= longest) lines[which][longest - 2] = '\n';
}

void llava_set_last_words(const char *memory, const char *file_changed) {
  set_line(last_words_memory, memory);
  set_line(last_words_file_changed, file_changed);
}

// The message before the tool has set its own.
static void set_first_words(enum last_words which) {
  const char *what = which == last_words_memory
                         ? "no memory left (memory/exhausted)"
                         : "a mapped file became shorter while it was read (file/changed)";
  snprintf(lines[which], longest, "%.200s: %s\n", program_invocation_short_name, what);
}

_Noreturn void llava_end_with_last_words(enum last_words which, int status) {
  llava_remove_temporaries();
  if (lines[which][0] == 0) set_first_words(which);
  if (write(2, lines[which], strlen(lines[which])) < 0) _exit(status);
  _exit(status);
}

// Swift's run time asks these and traps without an answer, and so does C++'s; what can do with none
// asks aligned_alloc or mmap, which are left alone. Sanitizers bring a malloc of their own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTHER_MALLOC 1
#endif
#endif
#if defined(__GLIBC__) && !defined(OTHER_MALLOC)

static void *checked(void *block) {
  if (block == NULL) llava_end_with_last_words(last_words_memory, 5);
  return block;
}

void *malloc(size_t size) {
  extern void *__libc_malloc(size_t);
  return checked(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
  extern void *__libc_calloc(size_t, size_t);
  return checked(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
  extern void *__libc_realloc(void *, size_t);
  void *grown = __libc_realloc(block, size);
  return grown == NULL && size == 0 ? NULL : checked(grown);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  extern void *__libc_memalign(size_t, size_t);
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  *block = checked(__libc_memalign(alignment, size));
  return 0;
}

#endif
