// Coverage-guided fuzzing of one reader: libFuzzer has the main function and calls this one.
// SPDX-License-Identifier: Apache-2.0
import FuzzTargets
import Glibc

/// LLAVA_FUZZED names the reader.
private let target: FuzzTarget = {
  let name = getenv("LLAVA_FUZZED").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    fatalError("LLAVA_FUZZED: no reader \(name)")
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  target.read(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
