// What training can do when memory runs out.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import ModelSupport

/// Runs `body`, whose only error besides a failure is that memory ran out.
func catchingMemory<Result>(_ body: () throws -> Result) throws(Failure) -> Result {
  try ModelSupport.catchingMemory(
    remedy: "use a smaller --micro-batch or --max-length, --recompute all, or fewer threads", body)
}
