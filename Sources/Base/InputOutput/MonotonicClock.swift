// How time passes, whatever the clock on the wall says.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Seconds on a clock that only goes forward.
public func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
