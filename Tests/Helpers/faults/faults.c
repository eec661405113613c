// A library to preload: it counts the system calls of one tool and makes the chosen ones fail.
// SPDX-License-Identifier: Apache-2.0
//
// FAULT_PROGRAM  the tool that is meant; every other program of a pipe runs as ever
// FAULT_CALL     one of `names` below
// FAULT_NUMBER   which of these calls, counted from 1 on from where main begins; 0: none
// FAULT_STEP     how many calls later another one fails, again and again; 0: no other
// FAULT_ERROR    the number of the error that the call gives; 0 makes it do less than it was asked
// FAULT_COUNTS   a file of 32-bit counts, one a name in their order, and then one of the faults
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum call {
  READ, PREAD, WRITE, OPEN, MMAP, FSYNC, RENAME, CLOSE, PIPE, POLL, FSTAT, STAT, FTRUNCATE, MALLOC,
  DUP, MKDIR, UNLINK, SPAWN, WAIT, OPENDIR, READDIR, FLOCK, THREAD, MEMFILE, SOCKETPAIR, CALLS,
};
static const char *const names[CALLS] = {
    "read",    "pread", "write", "open",      "mmap",   "fsync",   "rename", "close", "pipe",
    "poll",    "fstat", "stat",  "ftruncate", "malloc", "dup",     "mkdir",  "unlink", "spawn",
    "wait",    "opendir", "readdir", "flock", "thread", "memfile", "socketpair",
};

static unsigned chosen = CALLS, number, step;
static int error;
static atomic_bool started;
static atomic_uint *counts;

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? "" : value;
}

static void prepare(void) {
  if (strcmp(program_invocation_short_name, setting("FAULT_PROGRAM")) != 0) return;
  for (unsigned call = 0; call < CALLS; call++) {
    if (strcmp(names[call], setting("FAULT_CALL")) == 0) chosen = call;
  }
  number = (unsigned)atoi(setting("FAULT_NUMBER"));
  step = (unsigned)atoi(setting("FAULT_STEP"));
  error = atoi(setting("FAULT_ERROR"));
  int file = (int)syscall(SYS_openat, AT_FDCWD, setting("FAULT_COUNTS"), O_RDWR);
  const size_t size = (CALLS + 1) * sizeof *counts;
  void *map = (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) abort();
  syscall(SYS_close, file);
  counts = map;
  atomic_store(&started, 1);
}

// Whether this call is a chosen one; then errno says what its caller is to see.
static int fails(enum call call) {
  if (!atomic_load(&started)) return 0;
  unsigned now = atomic_fetch_add(&counts[call], 1) + 1;
  if (call != chosen || number == 0 || now < number) return 0;
  if (now != number && (step == 0 || (now - number) % step != 0)) return 0;
  atomic_fetch_add(&counts[CALLS], 1);
  errno = error;
  return 1;
}

// The function `name` that this one stands before.
#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// A function that fails with `failed` and else does what it does.
#define FAILING(call, result, failed, name, parameters, arguments) \
  result name parameters { \
    REAL(name); \
    return fails(call) ? failed : real arguments; \
  }

// What the loader and libraries do before main is no part of the tool.
typedef int (*main_function)(int, char **, char **);
static main_function real_main;
static int begin(int count, char **arguments, char **environment) {
  prepare();
  return real_main(count, arguments, environment);
}
int __libc_start_main(main_function, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
int __libc_start_main(
    main_function tool, int count, char **arguments, void (*init)(void), void (*fini)(void),
    void (*loader_fini)(void), void *stack) {
  REAL(__libc_start_main);
  real_main = tool;
  return real(begin, count, arguments, init, fini, loader_fini, stack);
}

// Reading and writing may do less than they were asked.
static size_t less(size_t count) { return count > 7 ? 7 : (count + 1) / 2; }

ssize_t read(int file, void *bytes, size_t count) {
  REAL(read);
  if (!fails(READ)) return real(file, bytes, count);
  return error == 0 ? real(file, bytes, less(count)) : -1;
}

ssize_t pread(int file, void *bytes, size_t count, off_t place) {
  REAL(pread);
  if (!fails(PREAD)) return real(file, bytes, count, place);
  return error == 0 ? real(file, bytes, less(count), place) : -1;
}

// What goes to stderr says what went wrong, which is judged.
ssize_t write(int file, const void *bytes, size_t count) {
  REAL(write);
  if (file == 2 || !fails(WRITE)) return real(file, bytes, count);
  return error == 0 ? real(file, bytes, less(count)) : -1;
}

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  REAL(open);
  return fails(OPEN) ? -1 : real(path, flags, mode);
}

// openat2 has no function of its own; what else comes this way is let through.
long syscall(long which, ...) {
  long a[6];
  va_list list;
  va_start(list, which);
  for (int at = 0; at < 6; at++) a[at] = va_arg(list, long);
  va_end(list);
  REAL(syscall);
  if (which == 437 && fails(OPEN)) return -1;
  return real(which, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// Linux lets go of the descriptor whatever it answers.
int close(int file) {
  REAL(close);
  if (!fails(CLOSE)) return real(file);
  int code = errno;
  real(file);
  errno = code;
  return -1;
}

void *mmap(void *place, size_t size, int protection, int flags, int file, off_t start) {
  REAL(mmap);
  return fails(MMAP) ? MAP_FAILED : real(place, size, protection, flags, file, start);
}

FAILING(FSYNC, int, -1, fsync, (int file), (file))
FAILING(RENAME, int, -1, rename, (const char *from, const char *to), (from, to))
FAILING(PIPE, int, -1, pipe2, (int ends[2], int flags), (ends, flags))
FAILING(POLL, int, -1, poll, (struct pollfd *files, nfds_t count, int wait), (files, count, wait))
FAILING(FSTAT, int, -1, fstat, (int file, struct stat *found), (file, found))
FAILING(STAT, int, -1, stat, (const char *path, struct stat *found), (path, found))
FAILING(STAT, int, -1, access, (const char *path, int mode), (path, mode))
FAILING(STAT, char *, NULL, realpath, (const char *path, char *found), (path, found))
FAILING(STAT, int, -1, lstat, (const char *path, struct stat *found), (path, found))
FAILING(FTRUNCATE, int, -1, ftruncate, (int file, off_t size), (file, size))
FAILING(DUP, int, -1, dup, (int file), (file))
FAILING(MKDIR, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
FAILING(UNLINK, int, -1, unlink, (const char *path), (path))
FAILING(WAIT, pid_t, -1, waitpid, (pid_t child, int *status, int options), (child, status, options))
FAILING(OPENDIR, DIR *, NULL, opendir, (const char *path), (path))
FAILING(READDIR, struct dirent *, NULL, readdir, (DIR *stream), (stream))
FAILING(FLOCK, int, -1, flock, (int file, int operation), (file, operation))
FAILING(MEMFILE, int, -1, memfd_create, (const char *name, unsigned flags), (name, flags))
FAILING(SOCKETPAIR, int, -1, socketpair, (int domain, int type, int protocol, int ends[2]),
        (domain, type, protocol, ends))

// These return the error.
FAILING(SPAWN, int, error, posix_spawnp,
        (pid_t *child, const char *file, const posix_spawn_file_actions_t *actions,
         const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]),
        (child, file, actions, attributes, arguments, environment))
FAILING(THREAD, int, error, pthread_create,
        (pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument),
        (thread, attributes, work, argument))

// Ours stand behind the names by which the tools' own `malloc` asks for memory.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
FAILING(MALLOC, void *, NULL, __libc_malloc, (size_t size), (size))
FAILING(MALLOC, void *, NULL, __libc_calloc, (size_t count, size_t size), (count, size))
FAILING(MALLOC, void *, NULL, __libc_realloc, (void *block, size_t size), (block, size))
FAILING(MALLOC, void *, NULL, __libc_memalign, (size_t alignment, size_t size), (alignment, size))
FAILING(MALLOC, void *, NULL, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
