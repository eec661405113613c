// Whether anybody reads stdout, found without writing, so that no work is done in vain.
// SPDX-License-Identifier: Apache-2.0
#include "CSystem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>

static atomic_bool watched;

void llava_watch_reader(void) { atomic_store(&watched, true); }

// A pipe without a reader gives POLLERR, a socket or a terminal without one POLLHUP.
static void end_where_gone(const struct pollfd *output) {
  if (output->revents & (POLLERR | POLLHUP)) llava_die_by_signal(SIGPIPE);
}

void llava_check_reader(void) {
  struct pollfd output = {.fd = 1, .events = 0};
  if (atomic_load(&watched) && poll(&output, 1, 0) > 0) end_where_gone(&output);
}

int llava_wait_for_input(int descriptor) {
  if (!atomic_load(&watched)) return 0;
  struct pollfd both[2] = {{.fd = descriptor, .events = POLLIN}, {.fd = 1, .events = 0}};
  if (poll(both, 2, -1) < 0) return errno == EINTR ? -1 : 0;
  // Available input, or its end, comes first: it may complete the work.
  if (both[0].revents == 0) end_where_gone(&both[1]);
  return 0;
}
