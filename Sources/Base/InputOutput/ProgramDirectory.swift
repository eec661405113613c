// The directory of this program and of the others of the suite.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The directory of this program's file, links resolved; nil where /proc is not mounted.
public func programDirectory() -> String? {
  guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(resolved) }
  let path = String(cString: resolved)
  return path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
}
