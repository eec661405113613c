// Coverage-guided fuzzing of PyTorch's files: libFuzzer has the main function and calls this one.
// SPDX-License-Identifier: Apache-2.0
import Pickle

/// Takes the input for a whole file where it begins like a zip file, else for a bare pickle. A fault
/// is what ends the process; every failure that is thrown is the right answer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  _ = try? parseAnything(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
