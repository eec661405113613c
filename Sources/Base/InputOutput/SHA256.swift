// SHA-256, by Nettle.
// SPDX-License-Identifier: Apache-2.0
import CNettle

/// A running SHA-256.
public struct SHA256 {
  private var context = sha256_ctx()

  public init() { nettle_sha256_init(&context) }

  /// Whether `text` is a digest as stores write it: 64 hexadecimal digits, none of them a capital.
  public static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, base.assumingMemoryBound(to: UInt8.self))
  }

  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Takes the UTF-8 of `text`.
  public mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The digest so far in lower-case hexadecimal.
  public func hexadecimal() -> String {
    var copy = context
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
    nettle_sha256_digest(&copy, digest.count, &digest)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// The library behind this and its version, for --version: what runs, which need not be what it was
/// built with.
public let hashLibrary = "nettle \(nettle_version_major()).\(nettle_version_minor())"
