// Temporary files beside their final name, and abandoned ones.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

/// An open file `.NAME.llava-PID-TAG.tmp`, which goes when a signal ends the process. It is locked, so
/// that other processes, on other machines too, know that it is being written.
final class TemporaryFile {
  let path: FilePath
  let descriptor: Int32
  private let slot: Int32

  private static let mark = Array("llava-".utf8)
  private static let ending = Array(".tmp".utf8)

  /// Throws `io/create`, with `shownName`. The descriptor is the caller's.
  init(beside target: FilePath, mode: mode_t, shownName: String) throws(Failure) {
    // With 36 bytes at most behind it, the name stays within the 255 that file systems take.
    let start = target.name.cut(to: 200)
    for _ in 0..<100 {
      let tag = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      let path = target.directory.appending(
        FilePath(".") + start + ".llava-\(getpid())-\(tag).tmp")
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
      let opened = path.withCString { path in
        retryingInterrupted { open(path, flags, mode) }
      }
      guard opened >= 0 else {
        if errno == EEXIST { continue }
        throw .system("create", shownName, errno: errno)
      }
      // Some file systems cannot lock; then nobody takes the file for abandoned either.
      flock(opened, LOCK_EX | LOCK_NB)
      var status = stat()
      guard fstat(opened, &status) == 0 else {
        let code = errno
        path.remove()
        close(opened)
        throw .system("stat", shownName, errno: code)
      }
      guard status.st_nlink > 0 else {
        // Another machine took it for abandoned before it had its lock.
        close(opened)
        continue
      }
      (self.path, descriptor) = (path, opened)
      slot = path.withCString { llava_register_temporary($0) }
      return
    }
    throw .system("create", shownName, errno: EEXIST)
  }

  /// From now on a signal does not remove it.
  func forget() { llava_forget_temporary(slot) }

  /// The process that made the file `name`, also one of an older version: `.llava-PID.tmp`; nil for
  /// any other name.
  static func maker(of name: FilePath) -> pid_t? {
    let bytes = name.bytes
    guard bytes.first == UInt8(ascii: "."), bytes.count > ending.count,
      bytes.suffix(ending.count) == ending[...]
    else { return nil }
    let stem = bytes.dropLast(ending.count)
    guard let dot = stem.lastIndex(of: UInt8(ascii: ".")),
      stem[(dot + 1)...].starts(with: mark)
    else { return nil }
    let parts = stem[(dot + 1 + mark.count)...].split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == (dot == 0 ? 1 : 2),
      parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigitOrSmallLetter) }),
      let maker = pid_t(String(decoding: parts[0], as: UTF8.self)), maker > 0
    else { return nil }
    return maker
  }

  private static func isDigitOrSmallLetter(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

extension FilePath {
  fileprivate static func + (left: FilePath, right: FilePath) -> FilePath {
    FilePath(bytes: left.bytes + right.bytes)
  }

  /// The first bytes, at most `count`; no character of a text is cut.
  fileprivate func cut(to count: Int) -> FilePath {
    guard bytes.count > count else { return self }
    var end = count
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return FilePath(bytes: bytes[..<end])
  }

  /// Removes what killed processes of ours left half written in this directory: regular files of this
  /// user's with a name of ours, whose process is gone and which nobody has locked.
  ///
  /// What cannot be removed stays, and a directory that cannot be read is passed over.
  public func removeAbandonedFiles() {
    guard let names = try? names(where: { TemporaryFile.maker(of: $0) != nil }) else { return }
    for name in names {
      guard let maker = TemporaryFile.maker(of: name), kill(maker, 0) != 0, errno == ESRCH else {
        continue
      }
      appending(name).removeUnlessLocked()
    }
  }

  private func removeUnlessLocked() {
    let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let descriptor = withCString { path in retryingInterrupted { open(path, flags) } }
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), flock(descriptor, LOCK_EX | LOCK_NB) == 0
    else { return }
    remove()
  }
}
