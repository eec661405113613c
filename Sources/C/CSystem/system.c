// What Swift cannot call: openat2(2), heap options, and async-signal-safe handlers.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CSystem.h"
#include "last_words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

// The numbers are the kernel's and the same on every architecture; old headers lack them.
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

static int argument_count;
static char **arguments;

// glibc passes main's arguments to every constructor.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
  argument_count = count;
  arguments = values;
}

int llava_argument_count(void) { return argument_count; }

const char *llava_argument(int number) {
  return number >= 0 && number < argument_count ? arguments[number] : NULL;
}

struct how {
  uint64_t flags, mode, resolve;
};

int llava_openat2_beneath(int root, const char *path, int flags) {
  const uint64_t no_magic_links = 0x02, beneath = 0x08;
  struct how how = {(uint64_t)(unsigned)flags, 0, no_magic_links | beneath};
  long result;
  do {
    result = syscall(SYS_openat2, root, path, &how, sizeof how);
  } while (result < 0 && (errno == EINTR || errno == EAGAIN));
  return (int)result;
}

const int llava_path_only = O_PATH;

int llava_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int llava_memory_file(void) { return memfd_create("input", MFD_CLOEXEC); }

bool llava_is_kernel_file(int descriptor) {
  struct statfs system;
  if (fstatfs(descriptor, &system) != 0) return false;
  switch ((unsigned long)system.f_type) {
  case PROC_SUPER_MAGIC:
  case SYSFS_MAGIC:
  case DEBUGFS_MAGIC:
  case TRACEFS_MAGIC:
  case SECURITYFS_MAGIC:
  case CGROUP_SUPER_MAGIC:
  case CGROUP2_SUPER_MAGIC:
    return true;
  default:
    return false;
  }
}

int llava_available_cores(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void llava_guard_standard_descriptors(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    // open takes the lowest free number, which is this one.
    if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) != descriptor) return;
  }
}

void llava_share_heap_where_limited(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 1);
}

// Temporary files and directories, kept where a signal handler may read them.
enum { slots = 8, longest = 4096 };
static char temporary[slots][longest];
static atomic_int used[slots];

int llava_register_temporary(const char *path) {
  if (strlen(path) >= longest) return -1;
  for (int slot = 0; slot < slots; slot++) {
    int expected = 0;
    if (!atomic_compare_exchange_strong(&used[slot], &expected, 1)) continue;
    strcpy(temporary[slot], path);
    atomic_store(&used[slot], 2);
    return slot;
  }
  return -1;
}

void llava_forget_temporary(int slot) {
  if (slot >= 0 && slot < slots) atomic_store(&used[slot], 0);
}

// What getdents64(2) writes; glibc's readdir allocates, which a signal handler must not.
struct entry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

static void remove_entries(int directory) {
  _Alignas(struct entry) char buffer[4096];
  long count;
  while ((count = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < count;) {
      const struct entry *entry = (const struct entry *)(buffer + at);
      if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0) {
        unlinkat(directory, entry->name, 0);
      }
      at += entry->size;
    }
  }
}

void llava_remove_temporary(const char *path) {
  int directory;
  do {
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  } while (directory < 0 && errno == EINTR);
  if (directory < 0) {
    if (unlink(path) != 0) rmdir(path);
    return;
  }
  // A name may be missed while others are removed: another pass finds it.
  for (int round = 0; round < 3; round++) {
    lseek(directory, 0, SEEK_SET);
    remove_entries(directory);
    if (rmdir(path) == 0) break;
  }
  close(directory);
}

void llava_remove_temporaries(void) {
  for (int slot = 0; slot < slots; slot++) {
    if (atomic_load(&used[slot]) == 2) llava_remove_temporary(temporary[slot]);
  }
}

static void on_bus_error(int signal) {
  (void)signal;
  llava_end_with_last_words(last_words_file_changed, 3);
}

static void handle(int signal, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

void llava_install_bus_handler(void) { handle(SIGBUS, on_bus_error); }

static atomic_int pending;

void llava_die_by_signal(int signal) {
  sigset_t set;
  llava_remove_temporaries();
  handle(signal, SIG_DFL);
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(signal);
  _exit(128 + signal);
}

static void on_interruption(int signal) {
  int expected = 0;
  if (!atomic_compare_exchange_strong(&pending, &expected, signal)) llava_die_by_signal(signal);
}

// The default action, once the temporary files are gone.
static void on_broken_pipe(int signal) { llava_die_by_signal(signal); }

static void handle_unless_ignored(int signal, void (*handler)(int)) {
  struct sigaction old;
  if (sigaction(signal, NULL, &old) == 0 && old.sa_handler == SIG_IGN) return;
  handle(signal, handler);
}

void llava_install_interruption_handler(void) {
  // nohup and background shells deliberately ignore some of these.
  handle_unless_ignored(SIGINT, on_interruption);
  handle_unless_ignored(SIGTERM, on_interruption);
  handle_unless_ignored(SIGHUP, on_interruption);
  handle(SIGPIPE, on_broken_pipe);
  handle(SIGXFSZ, SIG_IGN);
}

int llava_pending_signal(void) { return atomic_load(&pending); }

static atomic_int save_requested;

static void on_save_request(int signal) {
  (void)signal;
  atomic_store(&save_requested, 1);
}

void llava_install_save_request_handler(void) { handle(SIGUSR1, on_save_request); }

void llava_install_stop_request_handler(void) { handle(SIGUSR2, on_interruption); }

int llava_take_save_request(void) { return atomic_exchange(&save_requested, 0); }
