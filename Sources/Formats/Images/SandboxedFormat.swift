// The formats that are decoded only in a sandbox: a separate process for each image.
// SPDX-License-Identifier: Apache-2.0

/// A format that `image-decode` decodes, in a sandbox of the kernel.
public enum SandboxedFormat: String, Sendable, CaseIterable {
  case avif = "AVIF"
  case bmp = "BMP"
  case gif = "GIF"
  case heif = "HEIF"
  case tiff = "TIFF"
  case webp = "WebP"

  /// By the first bytes of a file.
  init?(of bytes: [UInt8]) {
    let head = bytes.prefix(4)
    if head.starts(with: "GIF8".utf8) {
      self = .gif
    } else if head.starts(with: "BM".utf8) {
      self = .bmp
    } else if Self.tiffHeads.contains(where: { head.elementsEqual($0) }) {
      self = .tiff
    } else if head.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      self = .webp
    } else if let brands = Self.brands(bytes) {
      if !brands.isDisjoint(with: ["avif", "avis"]) {
        self = .avif
      } else if !brands.isDisjoint(with: Self.heifBrands) {
        self = .heif
      } else {
        return nil
      }
    } else {
      return nil
    }
  }

  /// Either order of bytes, TIFF and BigTIFF.
  private static let tiffHeads: [[UInt8]] = [
    [0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43],
  ]

  /// Of HEVC images and sequences, and of any codec (ISO/IEC 23008-12, 10 and annex B).
  private static let heifBrands: Set<String> = [
    "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1",
  ]

  /// The brands of an ISO base media file: the major one and those that it is compatible with.
  private static func brands(_ bytes: [UInt8]) -> Set<String>? {
    guard bytes.dropFirst(4).starts(with: "ftyp".utf8), let size = bytes.bigEndian32(at: 0),
      size >= 12
    else { return nil }
    // A file that names more is none that anyone wrote.
    let end = min(size, bytes.count, 1024)
    var brands: Set<String> = []
    for start in [8] + Array(stride(from: 16, to: max(16, end), by: 4)) where start + 4 <= end {
      brands.insert(String(decoding: bytes[start..<start + 4], as: UTF8.self))
    }
    return brands
  }
}
