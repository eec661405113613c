// Compresses one record into one zstd frame and writes it at once.
// SPDX-License-Identifier: Apache-2.0
import CZstd
import Glibc
import InputOutput

/// Frames with a content checksum, a content size, no dictionary, and a window of at most 8 MiB.
final class FrameWriter {
  let sink: any ByteSink
  private let context: OpaquePointer
  private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// Level 0 stores: the fastest level of zstd, at which it hardly looks for matches.
  init(_ sink: any ByteSink, level: Int) throws(Failure) {
    guard let context = ZSTD_createCCtx() else { throw .outOfMemory(1 << 20) }
    self.sink = sink
    self.context = context
    let level = level == 0 ? ZSTD_minCLevel() : Int32(min(max(level, 1), 19))
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)
    if level > 16 { ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 23) }
  }

  deinit {
    ZSTD_freeCCtx(context)
    free(buffer.baseAddress)
  }

  /// Writes one frame that holds `parts` one after the other.
  func write(_ parts: [UnsafeRawBufferPointer]) throws(Failure) {
    let total = parts.reduce(0) { $0 + $1.count }
    try reserve(ZSTD_compressBound(total))
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
    ZSTD_CCtx_setPledgedSrcSize(context, UInt64(total))
    var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    for part in parts { try compress(part, ZSTD_e_continue, &output) }
    try compress(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, &output)
    try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<output.pos]))
  }

  func write(_ bytes: [UInt8]) throws(Failure) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
      try write([UnsafeRawBufferPointer(bytes)])
    }
  }

  /// Writes a skippable frame of kind 0x184D2A5D: zstd passes over it, our readers look at it.
  func writeMark(_ payload: [UInt8]) throws(Failure) {
    let words = [markMagic, UInt32(payload.count)]
    let header = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    try sink.write(header + payload)
  }

  private func compress(
    _ part: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective, _ output: inout ZSTD_outBuffer
  ) throws(Failure) {
    var input = ZSTD_inBuffer(src: part.baseAddress, size: part.count, pos: 0)
    while true {
      let left = ZSTD_compressStream2(context, &output, &input, directive)
      guard ZSTD_isError(left) == 0 else {
        let text = String(cString: ZSTD_getErrorName(left))
        throw Failure(.internalError, code: "frame/compress", "zstd could not compress: \(text)")
      }
      if directive == ZSTD_e_end ? left == 0 : input.pos == input.size { return }
    }
  }

  private func reserve(_ count: Int) throws(Failure) {
    guard count > buffer.count else { return }
    free(buffer.baseAddress)
    buffer = try allocate(count + count / 4)
  }
}

/// Memory that is not touched before it is used, so that a lying size costs nothing.
func allocate(_ count: Int) throws(Failure) -> UnsafeMutableRawBufferPointer {
  guard let pointer = aligned_alloc(64, max(64, count)) else { throw .outOfMemory(count) }
  return UnsafeMutableRawBufferPointer(start: pointer, count: count)
}
