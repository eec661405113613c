// What Swift cannot express: arguments, openat2(2), signal handlers, lack of memory.
// SPDX-License-Identifier: Apache-2.0
#ifndef CSYSTEM_H
#define CSYSTEM_H

#include <stdbool.h>

// Opens `path` beneath the directory `root` for reading; the kernel refuses every path that leads out.
// Returns a descriptor, or -1 with errno; ENOSYS or EPERM if the kernel or a sandbox lacks openat2.
int llava_openat2_beneath(int root, const char *path, int flags);
// Among `flags`, has a descriptor stand for the path alone: it needs no permission to read.
extern const int llava_path_only;

// A pipe, and a file in memory without a name, that no other program inherits: 0 or a descriptor, or
// -1 with errno.
int llava_pipe(int ends[2]);
int llava_memory_file(void);

// Whether an open file is in a file system whose contents the kernel generates, such as /proc.
bool llava_is_kernel_file(int descriptor);

// The arguments of main, the tool's name being number 0: Swift's own reading of them needs /proc and
// gives none where that fails.
int llava_argument_count(void);
const char *llava_argument(int number);

// The number of cores that the process may run on.
int llava_available_cores(void);

// Makes all threads share one heap where `ulimit -v` limits the address space: glibc reserves 64 MiB
// of it for each further heap.
void llava_share_heap_where_limited(void);

// Opens descriptors 0, 1 and 2 where they are closed, in a mode in which using them fails, so that
// no file opened later takes their place.
void llava_guard_standard_descriptors(void);

// After this, access to a mapped page that its file no longer has writes one line and exits with status 3.
void llava_install_bus_handler(void);

// The line for stderr, line end included, where nothing can be computed any more: when memory
// runs out (then the status is 5), and when a mapped file is truncated. It is cut after 500 bytes.
void llava_set_last_words(const char *memory, const char *file_changed);

// After this the first SIGINT, SIGTERM or SIGHUP is remembered and the second one ends the process;
// a file that grows beyond `ulimit -f` is an error of write(2), not a signal.
void llava_install_interruption_handler(void);

// The signal that was remembered, or 0.
int llava_pending_signal(void);

// After this SIGUSR1 is remembered; taking it gives 1 once for any number of them.
void llava_install_save_request_handler(void);
int llava_take_save_request(void);

// After this SIGUSR2 is remembered like SIGTERM.
void llava_install_stop_request_handler(void);

// After this `llava_check_reader` and `llava_wait_for_input` die by SIGPIPE, as writing would, where
// nobody reads stdout any more.
void llava_watch_reader(void);
void llava_check_reader(void);
// Returns 0 once there is something to read, be it an end or an error; at once where no reader is
// watched; -1 with EINTR after a signal.
int llava_wait_for_input(int descriptor);

// Removes the registered temporary files and dies by `signal` with its default action.
void llava_die_by_signal(int signal);

// Files, and directories of files, to remove when a signal ends the process. Returns a slot, or -1
// where there is no room.
int llava_register_temporary(const char *path);
void llava_forget_temporary(int slot);
// Removes a file, or a directory and the files in it; safe in signal handlers.
void llava_remove_temporary(const char *path);
// Removes all registered files that are not forgotten yet.
void llava_remove_temporaries(void);

#endif
