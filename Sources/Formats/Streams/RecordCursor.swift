// Iterates over the records of a memory-mapped tensor stream without decompressing their tensors.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The beginnings of a file's records, in order, and where each record lies.
final class RecordCursor {
  let file: MappedFile
  let limits: StreamLimits
  private let source: MappedSource
  private let frames: FrameReader
  private var position = 0
  private var pages: PageRelease

  /// One block needs up to 128 KiB of a frame, most need less.
  private static let step = 16 << 10

  /// Looks at the first bytes. Throws what frames throw.
  init(_ file: MappedFile, limits: StreamLimits, warn: @escaping (String) -> Void) throws(Failure) {
    self.file = file
    self.limits = limits
    source = MappedSource(file, step: Self.step)
    frames = try FrameReader(source, limits: limits, warn: warn)
    pages = PageRelease(file)
    do throws(Failure) { _ = try frames.peek(1) } catch { throw error.at("\(file.path): header") }
  }

  /// False where the file holds records one after the other without frames.
  var isCompressed: Bool { frames.isCompressed }

  /// The next record that has bytes: its beginning, and the range of its frame, or of itself where
  /// there are no frames. Nil at the end.
  ///
  /// Throws what `RecordImage` throws, and `stream/shared-frame`.
  func next() throws(Failure) -> (beginning: RecordBeginning, range: Range<Int>)? {
    while position < file.bytes.count {
      try Interruption.check(file.path)
      let start = position
      let beginning = isCompressed ? try nextFrame() : try nextPlain()
      pages.advance(to: position)
      if let beginning { return (beginning, start..<position) }
    }
    return nil
  }

  private func nextPlain() throws(Failure) -> RecordBeginning? {
    source.range = position..<file.bytes.count
    frames.restart()
    let beginning = try RecordBeginning(frames, limits: limits)
    let count = beginning?.byteCount ?? 0
    guard count <= file.bytes.count - position else { throw RecordImage.cut }
    position += count
    return beginning
  }

  /// The beginning of the record in the next frame; nil for a frame without content.
  private func nextFrame() throws(Failure) -> RecordBeginning? {
    let size = file.bytes.count
    guard let end = FrameHeader.endOfFrame(file.bytes, at: position), end <= size else {
      throw try refusalOfRest()
    }
    source.range = position..<end
    frames.restart()
    let header = try FrameHeader(UnsafeRawBufferPointer(rebasing: file.bytes[position..<end]))
    position = end
    let beginning: RecordBeginning?
    do throws(Failure) { beginning = try RecordBeginning(frames, limits: limits) } catch {
      throw error.kind == .cut && end < size ? Self.sharedFrame : error
    }
    guard let beginning else { return nil }
    try checkContent(beginning, header?.contentByteCount)
    return beginning
  }

  /// Throws unless the frame holds the record and nothing else: by its own word, which the decoder
  /// holds it to later, or by decompressing it.
  private func checkContent(_ beginning: RecordBeginning, _ content: UInt64?) throws(Failure) {
    let isLast = position == file.bytes.count
    if let content, content != UInt64(beginning.byteCount) {
      throw content < UInt64(beginning.byteCount) && isLast ? RecordImage.cut : Self.sharedFrame
    }
    if content == nil, try !frames.discard(beginning.header.dataByteCount) {
      throw isLast ? RecordImage.cut : Self.sharedFrame
    }
    if content == nil || beginning.header.dataByteCount == 0 {
      try frames.settle()
      guard frames.isAtFrameEnd else { throw Self.sharedFrame }
    }
  }

  /// What a reader in order says of a frame that is damaged or cut.
  private func refusalOfRest() throws(Failure) -> Failure {
    source.range = position..<file.bytes.count
    frames.restart()
    _ = try RecordImage(frames, limits: limits)
    return FrameReader.cut
  }

  private static var sharedFrame: Failure {
    Failure(
      .invalidInput, code: "stream/shared-frame",
      "expected a frame for each record, found records that share frames: these can only be read"
        + " in order",
      remedy: "decompress the file with zstd -d: without frames it can be read in any order")
  }
}

extension FrameReader {
  /// Reads `count` bytes of content and forgets them; false where there are fewer.
  func discard(_ count: Int) throws(Failure) -> Bool {
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
    defer { chunk.deallocate() }
    var left = count
    while left > 0 {
      let room = UnsafeMutableRawBufferPointer(rebasing: chunk.prefix(left))
      let step = try read(into: room)
      if step == 0 { return false }
      left -= step
    }
    return true
  }
}
