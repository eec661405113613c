// White space in JSON.
// SPDX-License-Identifier: Apache-2.0

extension UInt8 {
  /// Whether this is white space, line ends included.
  public var isJSONSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
