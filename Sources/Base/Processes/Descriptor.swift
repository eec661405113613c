// Descriptors between programs.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc
import InputOutput

/// A descriptor that is closed with its owner, and that no other program inherits.
final class Descriptor {
  private(set) var number: Int32

  private init(_ number: Int32) { self.number = number }

  deinit { close() }

  func close() {
    if number >= 0 { Glibc.close(number) }
    number = -1
  }

  static func pipe() throws(Failure) -> (reading: Descriptor, writing: Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard llava_pipe(&ends) == 0 else { throw .system("pipe", "a program", errno: errno) }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// What is written to one is read from the other; writing where nobody reads gives an error, no signal.
  static func sockets() throws(Failure) -> (Descriptor, Descriptor) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw .system("socketpair", "a program", errno: errno)
    }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// A file without a name, at its beginning.
  static func holding(_ bytes: [UInt8]) throws(Failure) -> Descriptor {
    let number = llava_memory_file()
    guard number >= 0 else { throw .system("memfd_create", "a program", errno: errno) }
    let descriptor = Descriptor(number)
    try FileSink(descriptor: number, name: "memory").write(bytes)
    lseek(number, 0, SEEK_SET)
    return descriptor
  }
}
