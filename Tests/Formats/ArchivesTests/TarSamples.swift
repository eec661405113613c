// Archives that a test writes down block by block.
// SPDX-License-Identifier: Apache-2.0
import TestSupport

@testable import Archives

/// A header of 512 bytes with its checksum; `numbers` goes where the size stands.
func header(
  _ name: String, size: [UInt8], type: String = "0", magic: String = "ustar\u{0}00",
  prefix: String = ""
) -> [UInt8] {
  var block = [UInt8](repeating: 0, count: 512)
  func put(_ bytes: [UInt8], at start: Int) {
    block.replaceSubrange(start..<start + bytes.count, with: bytes)
  }
  put(Array(name.utf8), at: 0)
  put(Array("0000644\u{0}".utf8), at: 100)
  put(size, at: 124)
  put(Array("        ".utf8), at: 148)
  put(Array(type.utf8), at: 156)
  put(Array(magic.utf8), at: 257)
  put(Array(prefix.utf8), at: 345)
  let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
  put(Array((String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ").utf8), at: 148)
  return block
}

func octal(_ size: Int) -> [UInt8] {
  let digits = String(size, radix: 8)
  return Array((String(repeating: "0", count: 11 - digits.count) + digits + "\u{0}").utf8)
}

/// A header and its body, filled up to whole blocks.
func member(
  _ name: String, _ body: String = "", type: String = "0", magic: String = "ustar\u{0}00",
  prefix: String = ""
) -> [UInt8] {
  let body = Array(body.utf8)
  let fill = [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
  return header(name, size: octal(body.count), type: type, magic: magic, prefix: prefix) + body
    + fill
}

/// A record of a pax header, its own length in front.
func pax(_ key: String, _ value: String) -> String {
  let rest = " \(key)=\(value)\n".utf8.count
  var length = rest + 1
  while String(length).utf8.count + rest != length { length = String(length).utf8.count + rest }
  return "\(length) \(key)=\(value)\n"
}

let endMark = [UInt8](repeating: 0, count: 1024)
