// What a training can do where memory is out.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import ModelSupport

/// Runs `body`, whose only error besides a failure is that memory is out.
func catchingMemory<Result>(_ body: () throws -> Result) throws(Failure) -> Result {
  try ModelSupport.catchingMemory(
    remedy: "use a smaller --micro-batch or --max-length, --recompute all, or fewer threads", body)
}
