/* The sandbox of a decoder: limits of the process, and a filter of its system calls. */
/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLoadedCodecs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* System calls that affect only memory, time, the process itself and open descriptors. */
static const int harmless[] = {
    SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_close, SYS_fstat, SYS_lseek, SYS_dup,
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_getrandom,
    SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_restart_syscall, SYS_ppoll, SYS_exit, SYS_exit_group,
    SYS_set_robust_list,
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef SYS_poll
    SYS_poll,
#endif
};
enum { harmless_count = sizeof harmless / sizeof *harmless };

static bool limit(int resource, rlim_t most) {
  struct rlimit found;
  if (getrlimit(resource, &found) != 0) return false;
  if (found.rlim_max != RLIM_INFINITY && found.rlim_max < most) most = found.rlim_max;
  const struct rlimit wanted = {most, most};
  return setrlimit(resource, &wanted) == 0;
}

/* The pages of address space in use, of /proc/self/statm; 1 GiB where that cannot be read. */
static size_t address_space(void) {
  size_t pages = 0;
  int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[64] = "";
  if (descriptor >= 0) {
    ssize_t count = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    if (count > 0) {
      for (const char *at = text; *at >= '0' && *at <= '9'; at++) {
        pages = pages * 10 + (size_t)(*at - '0');
      }
    }
  }
  return pages ? pages * (size_t)sysconf(_SC_PAGESIZE) : (size_t)1 << 30;
}

#ifdef MACHINE
/* Instructions after the harmless calls; the offsets of jumps count them. */
enum { last_count = 11 };

/* Calls that are allowed by their arguments: memory that is not executable, and threads, which inherit
   the sandbox. clone3 hides its flags behind a pointer: if it fails, the C library uses clone. */
static bool filter_calls(void) {
  const uint32_t machine = offsetof(struct seccomp_data, arch);
  const uint32_t number = offsetof(struct seccomp_data, nr);
  const uint32_t first = offsetof(struct seccomp_data, args[0]);
  const uint32_t third = offsetof(struct seccomp_data, args[2]);
  struct sock_filter program[4 + harmless_count + last_count] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, machine),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number),
  };
  for (size_t index = 0; index < harmless_count; index++) {
    /* To the last instruction, which allows. */
    const uint8_t rest = (uint8_t)(harmless_count - index - 1 + last_count - 1);
    program[4 + index] = (struct sock_filter)BPF_JUMP(
        BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)harmless[index], rest, 0);
  }
  const struct sock_filter last[last_count] = {
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 5),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, third),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 2, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, first),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  memcpy(program + 4 + harmless_count, last, sizeof last);
  const struct sock_fprog filter = {sizeof program / sizeof *program, program};
  return syscall(
             SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}
#endif

int loaded_confine(size_t bytes, unsigned seconds) {
  int walls = 0;
  size_t most = address_space();
  most = bytes > SIZE_MAX / 2 - most ? SIZE_MAX / 2 : most + bytes;
  alarm(2 * seconds);
  bool limited = limit(RLIMIT_AS, most);
  limited &= limit(RLIMIT_CPU, seconds);
  limited &= limit(RLIMIT_CORE, 0);
  if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0) {
    for (int descriptor = 3; descriptor < 1024; descriptor++) close(descriptor);
  }
  /* One descriptor beyond the standard ones: stdout is duplicated to check that closing it succeeds. */
  limited &= limit(RLIMIT_NOFILE, 4);
  if (limited) walls |= LOADED_WALL_LIMITS;
#ifdef MACHINE
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_calls()) walls |= LOADED_WALL_SECCOMP;
#endif
  return walls;
}

bool loaded_is_confined(void) {
  int file = open("/", O_RDONLY | O_CLOEXEC);
  bool reached = file >= 0 || errno != EPERM;
  if (file >= 0) close(file);
  int network = socket(AF_INET, SOCK_STREAM, 0);
  reached |= network >= 0 || errno != EPERM;
  if (network >= 0) close(network);
  void *code = mmap(
      NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  reached |= code != MAP_FAILED;
  if (code != MAP_FAILED) munmap(code, 4096);
  return !reached && syscall(SYS_kill, getpid(), 0) != 0 && errno == EPERM;
}
