// Lines from bytes that arrive in pieces.
// SPDX-License-Identifier: Apache-2.0

/// Splits bytes into lines.
public struct LineBuffer {
  /// The bytes after the last line's end.
  public private(set) var rest: [UInt8] = []

  public init() {}

  /// The lines that `bytes` complete, without their ends.
  public mutating func add(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    guard let end = bytes.lastIndex(of: 0x0A) else {
      rest += bytes
      return []
    }
    let lines = (rest + bytes[..<end]).split(separator: 0x0A, omittingEmptySubsequences: false)
    rest = Array(bytes[(end + 1)...])
    return lines.map(Array.init)
  }
}
