// A memory-mapped file as a source of bytes, readable from any position.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The bytes of `range` of a mapped file.
final class MappedSource: ByteSource {
  var name: String { file.path }
  let file: MappedFile
  /// What is still to be read.
  var range: Range<Int>
  private let step: Int

  /// Hands out at most `step` bytes a read: who looks at beginnings alone need not load the rest.
  init(_ file: MappedFile, range: Range<Int>? = nil, step: Int = .max) {
    self.file = file
    self.range = range ?? 0..<file.bytes.count
    self.step = step
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    let count = min(buffer.count, step, range.count)
    let end = range.lowerBound + count
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range.lowerBound..<end])
    if count > 0 { buffer.copyMemory(from: bytes) }
    range = end..<range.upperBound
    return count
  }
}

/// Lets go of the pages of a mapped file that a walk from its beginning to its end leaves behind.
struct PageRelease {
  private static let stretch = 64 << 20
  private let file: MappedFile
  private var released = 0

  init(_ file: MappedFile) { self.file = file }

  /// Nothing before `position` is needed any more.
  mutating func advance(to position: Int) {
    guard position - released >= Self.stretch else { return }
    MappedFile.releasePages(of: UnsafeRawBufferPointer(rebasing: file.bytes[released..<position]))
    released = position
  }
}

/// Where a record of an indexed file lies.
struct RecordPlace: Sendable {
  private let start: Int
  private let packed: Int
  /// The sequence number in its stream, or the line.
  let number: Int

  init(_ range: Range<Int>, number: Int, isSkip: Bool) {
    start = range.lowerBound
    packed = range.count << 1 | (isSkip ? 1 : 0)
    self.number = number
  }

  var range: Range<Int> { start..<start + packed >> 1 }
  var isSkip: Bool { packed & 1 == 1 }
}

extension MappedFile {
  /// Reads what lies at `place` by `body`, with a source of its own so that threads may share the
  /// file, and lets the pages go. Throws `file/changed` rather than what a changed file led to.
  func read<Result>(
    _ place: RecordPlace, _ body: (MappedSource) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = Swift.Result { () throws(Failure) in
      try body(MappedSource(self, range: place.range))
    }
    Self.releasePages(of: UnsafeRawBufferPointer(rebasing: bytes[place.range]))
    try verifyUnchanged()
    return try result.get()
  }
}
