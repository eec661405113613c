// The one way into the readers for tests that feed them anything.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Parses `bytes` as a whole file where they begin like a zip file, else as a bare pickle; returns how
/// many tensors the first has, or how many views of storages the second makes.
package func parseAnything(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Int {
  if bytes.starts(with: [0x50, 0x4b]) { return try PickleFile.parse(bytes).names.count }
  var machine = PickleMachine(bytes)
  _ = try machine.run()
  return machine.views.count
}
