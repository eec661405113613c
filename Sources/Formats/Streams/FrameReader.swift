// Decompresses a stream of zstd frames, or passes plain bytes on: told apart by the first bytes.
// SPDX-License-Identifier: Apache-2.0
import CZstd
import InputOutput

/// Bytes out of frames, in memory that is bounded by the limits whatever the frames claim.
final class FrameReader {
  let name: String
  private let source: any ByteSource
  private let limits: StreamLimits
  private let warn: (String) -> Void
  private let context: OpaquePointer
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
  /// What was read from the source and not used yet.
  private var unread = 0..<0
  private var state = State.unknown
  /// Content that was read ahead.
  private var pending: ArraySlice<UInt8> = []
  /// True when the decoder filled its output and may hold more without more input.
  private var mayHoldOutput = false
  private var hasWarned = false
  /// Called with the payload of each skippable frame of kind 0x184D2A5D.
  var onMark: (([UInt8]) throws(Failure) -> Void)?

  private enum State { case unknown, plain, between, inside }

  init(_ source: any ByteSource, limits: StreamLimits, warn: @escaping (String) -> Void)
    throws(Failure)
  {
    guard let context = ZSTD_createDCtx() else { throw .outOfMemory(buffer.count) }
    self.source = source
    self.limits = limits
    self.warn = warn
    self.context = context
    name = source.name
    let logarithm = Int32(Int.bitWidth - 1 - max(1024, limits.windowBytes).leadingZeroBitCount)
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, logarithm)
  }

  deinit {
    ZSTD_freeDCtx(context)
    buffer.deallocate()
  }

  /// True once the input is known to hold frames.
  var isCompressed: Bool { state == .between || state == .inside }

  /// True when the last frame has been read to its end, with its checksum.
  var isAtFrameEnd: Bool { state == .between && pending.isEmpty }

  /// Begins anew where the source has been set to another place of the same input.
  func restart() {
    unread = 0..<0
    pending = []
    if isCompressed { state = .between }
  }

  /// True when bytes that are no frames are here already: the next read does not wait.
  var holdsPlain: Bool { !pending.isEmpty || state == .plain && !unread.isEmpty }

  /// Reads at least one byte; 0 where the input ends between two frames.
  ///
  /// Throws `frame/…`: `magic`, `reserved`, `dictionary`, `window`, `skippable`, `checksum`,
  /// `corrupt`, `cut`.
  func read(into output: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    guard output.count > 0 else { return 0 }
    if !pending.isEmpty {
      let count = min(output.count, pending.count)
      output.copyBytes(from: pending.prefix(count))
      pending = pending.dropFirst(count)
      return count
    }
    return try readContent(into: output)
  }

  /// Up to `count` bytes of content that stay to be read; fewer only at the end of the input.
  func peek(_ count: Int) throws(Failure) -> [UInt8] {
    var bytes = Array(pending)
    var chunk = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let added = try chunk.withUnsafeMutableBufferPointer { (chunk) throws(Failure) in
        try readContent(into: UnsafeMutableRawBufferPointer(chunk))
      }
      if added == 0 { break }
      bytes += chunk[..<added]
    }
    pending = bytes[...]
    return Array(bytes.prefix(count))
  }

  private func readContent(into output: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    while true {
      switch state {
      case .unknown: try sniff()
      case .plain: return try readPlain(into: output)
      case .between: if try !beginFrame() { return 0 }
      case .inside:
        let count = try decompress(into: output)
        if count > 0 { return count }
      }
    }
  }

  /// Reads on to the end of the frame, whose checksum is then known to be right, or to the next
  /// byte of content where the frame holds more. Does nothing for plain input.
  func settle() throws(Failure) {
    while state == .inside, pending.isEmpty {
      var byte: UInt8 = 0
      let count = try withUnsafeMutableBytes(of: &byte) { (byte) throws(Failure) in
        try decompress(into: byte)
      }
      if count > 0 { pending = [byte] }
    }
  }

  static var cut: Failure {
    Failure(.invalidInput, code: "frame/cut", "the input ends inside a frame")
  }

  /// Makes at least `count` bytes available; false at the end of the input.
  private func require(_ count: Int) throws(Failure) -> Bool {
    while unread.count < count {
      if unread.lowerBound > 0 {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[unread])
        buffer.copyMemory(from: rest)
        unread = 0..<rest.count
      }
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
      let added = try source.read(into: room)
      if added == 0 { return false }
      unread = unread.lowerBound..<unread.upperBound + added
    }
    return true
  }

  private var available: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer[unread])
  }

  private func use(_ count: Int) { unread = unread.lowerBound + count..<unread.upperBound }

  private func sniff() throws(Failure) {
    for count in 1...4 {
      guard try require(count) else {
        // Shorter than a magic number: text, unless it is one of our streams cut there.
        let first = available.first
        let isCut = FrameHeader.mayBegin(available) && (count > 2 || first == 0x28 || first == 0x5D)
        if isCut, first != nil { throw Self.cut }
        state = .plain
        return
      }
      if !FrameHeader.mayBegin(UnsafeRawBufferPointer(rebasing: available.prefix(count))) {
        state = .plain
        return
      }
    }
    state = .between
  }

  private func readPlain(into output: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    if unread.isEmpty { return try source.read(into: output) }
    let bytes = UnsafeRawBufferPointer(rebasing: available.prefix(output.count))
    output.copyMemory(from: bytes)
    use(bytes.count)
    return bytes.count
  }

  /// Looks at the next frame; false at the end of the input.
  private func beginFrame() throws(Failure) -> Bool {
    guard try require(1) else { return false }
    var needed = 1
    while true {
      if let header = try FrameHeader(available) {
        try begin(header)
        return true
      }
      needed = max(needed, available.count) + 1
      if try !require(needed) { throw FrameHeader.mayBegin(available) ? Self.cut : notAFrame() }
    }
  }

  private func notAFrame() -> Failure {
    Failure(.invalidInput, code: "frame/magic", "expected a zstd frame", kind: .otherFormat)
  }

  private func begin(_ header: FrameHeader) throws(Failure) {
    switch header.kind {
    case .skippable(let magic, let count):
      guard count <= limits.skippableBytes else {
        throw Failure(
          .limitExceeded, code: "frame/skippable",
          "expected a skippable frame of at most \(limits.skippableBytes) bytes, found \(count)")
      }
      use(header.byteCount)
      try skip(count, isMark: magic == markMagic)
    case .zstd(let hasChecksum, let window):
      guard window <= UInt64(limits.windowBytes) else {
        throw Failure(
          .limitExceeded, code: "frame/window",
          "expected a zstd window of at most \(limits.windowBytes) bytes, found \(window)",
          remedy: "compress again with zstd -3")
      }
      if !hasChecksum { try noteMissingChecksum() }
      ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
      mayHoldOutput = false
      state = .inside
    }
  }

  private func noteMissingChecksum() throws(Failure) {
    if limits.requireChecksums {
      throw Failure(.invalidInput, code: "frame/no-checksum", "the frame has no checksum")
    }
    if !hasWarned { warn("\(name): frames without checksums: damage would go unnoticed") }
    hasWarned = true
  }

  private func skip(_ count: Int, isMark: Bool) throws(Failure) {
    var left = count
    var mark: [UInt8] = []
    while left > 0 {
      guard try require(1) else { throw Self.cut }
      let step = min(left, available.count)
      if isMark, mark.count <= longestMark { mark += available.prefix(step) }
      use(step)
      left -= step
    }
    if isMark { try onMark?(mark) }
  }

  private func decompress(into output: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    if unread.isEmpty, !mayHoldOutput, try !require(1) { throw Self.cut }
    let bytes = available
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    var result = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let hint = ZSTD_decompressStream(context, &result, &input)
    use(input.pos)
    if ZSTD_isError(hint) != 0 { throw refusal(ZSTD_getErrorCode(hint)) }
    mayHoldOutput = result.pos == result.size && hint != 0
    if hint == 0 { state = .between }
    return result.pos
  }

  private func refusal(_ code: ZSTD_ErrorCode) -> Failure {
    switch code {
    case ZSTD_error_checksum_wrong:
      return Failure(
        .invalidInput, code: "frame/checksum", "checksum mismatch: the data is damaged")
    case ZSTD_error_frameParameter_windowTooLarge:
      return Failure(.limitExceeded, code: "frame/window", "the zstd window is too large")
    case ZSTD_error_memory_allocation: return .outOfMemory(limits.windowBytes)
    default:
      let text = String(cString: ZSTD_getErrorString(code))
      return Failure(
        .invalidInput, code: "frame/corrupt", "the compressed data is damaged: \(text)")
    }
  }
}
