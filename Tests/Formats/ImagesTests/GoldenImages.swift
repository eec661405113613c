// The golden images and tables that Tests/Golden/images/make_golden.py wrote.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Images
import InputOutput
import Tensors
import TestSupport

enum Golden {
  static let folder = URL(fileURLWithPath: "\(packageRoot)/Tests/Golden/images")

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// The rows of a table, split at tabs.
  static func table(_ name: String) -> [[String]] {
    guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Options for the flags of decoded.tsv.
  static func options(_ flags: String) -> DecodeOptions {
    var options = DecodeOptions()
    options.appliesExif = flags.contains("e")
    options.isLenient = flags.contains("l")
    options.padsTruncated = flags.contains("p")
    return options
  }

  /// The CRC-32 of zlib, as eight hexadecimal digits.
  static func sum(_ tensor: Tensor) -> String {
    let crc = tensor.withUnsafeBytes { bytes in
      bytes.reduce(~UInt32(0)) { crc, byte in
        table[Int((crc ^ UInt32(byte)) & 255)] ^ (crc >> 8)
      }
    }
    let digits = String(~crc, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }

  /// A big-endian number in as many bytes as its type has.
  static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
  }
}

extension Tensor {
  var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

/// Knuth's MMIX generator: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 33)
  }
}
