// The passage of time, independent of the system's date.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Seconds on a monotonic clock.
public func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
