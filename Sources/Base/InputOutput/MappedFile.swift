// A read-only memory-mapped file: checkpoints are used in place.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc
import Synchronization

/// The bytes of a memory-mapped file. If the file is truncated while it is in use, the process reports
/// it in one line and exits with status 3.
public final class MappedFile: @unchecked Sendable {
  // Sendable: nothing changes after init.
  public let path: String
  public let bytes: UnsafeRawBufferPointer
  private let file: RegularFile
  private let status: stat

  /// Throws `path/invalid`, `io/open`, `file/not-regular` or `io/map`.
  public init(path: String) throws(Failure) {
    _ = Self.handlerInstalled
    self.path = path
    file = try RegularFile(path: path)
    var status = stat()
    guard fstat(file.descriptor, &status) == 0 else { throw .system("stat", path, errno: errno) }
    self.status = status
    guard file.size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let base = mmap(nil, file.size, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
    guard let base, base != MAP_FAILED else { throw .system("map", path, errno: errno) }
    bytes = UnsafeRawBufferPointer(start: base, count: file.size)
    let start = UInt(bitPattern: base)
    Self.mappings.withLock { $0[start] = file.size }
  }

  deinit {
    if let base = bytes.baseAddress {
      Self.mappings.withLock { $0[UInt(bitPattern: base)] = nil }
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// The bytes of every mapping by its first address.
  private static let mappings = Mutex<[UInt: Int]>([:])

  static func isMapped(at start: UInt) -> Bool { mappings.withLock { $0[start] != nil } }

  /// Lets the system reclaim the memory of `bytes`; later access reads the file
  /// again. Does nothing for bytes of no mapped file: those of a copy would be lost.
  public static func releasePages(of bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    let (start, end) = (UInt(bitPattern: base), UInt(bitPattern: base) + UInt(bytes.count))
    mappings.withLock { mappings in
      guard
        mappings.contains(where: { $0.key <= start && end <= $0.key + UInt($0.value) })
      else { return }
      let page = UInt(getpagesize())
      let first = start / page * page
      madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), MADV_DONTNEED)
    }
  }

  /// Passes `bytes` to `body` part after part, and releases the pages of each: memory does not grow with the
  /// size of a mapping.
  public static func forEachPart(
    of bytes: UnsafeRawBufferPointer, size: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    for start in stride(from: 0, to: bytes.count, by: size) {
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + size)])
      body(part)
      releasePages(of: part)
    }
  }

  /// Runs `body`, which reads small parts at random: the kernel's readahead is off, which on some
  /// machines would read megabytes each time.
  public func withRandomAccess<Result, E>(_ body: () throws(E) -> Result) throws(E) -> Result {
    let base = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
    if let base { madvise(base, bytes.count, MADV_RANDOM) }
    defer { if let base { madvise(base, bytes.count, MADV_NORMAL) } }
    return try body()
  }

  private static let handlerInstalled: Void = llava_install_bus_handler()

  /// Throws `file/changed` if the file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) {
    var now = stat()
    guard fstat(file.descriptor, &now) == 0 else { throw .system("stat", path, errno: errno) }
    guard now.st_size == status.st_size, now.st_mtim.tv_sec == status.st_mtim.tv_sec,
      now.st_mtim.tv_nsec == status.st_mtim.tv_nsec
    else {
      throw Failure(
        .invalidInput, code: "file/changed", at: path, "the file was changed while it was read",
        remedy: "run again when nothing writes to it")
    }
  }
}
