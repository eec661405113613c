// A new event file in a directory that TensorBoard shows as a run.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// Adds events to a file of its own, each with one write, so that TensorBoard can follow.
///
/// Files of earlier runs stay as they are. TensorBoard reads the files of a directory in the order of
/// their names, so that this one's stands behind all that are there.
public final class TensorBoardFile {
  public let path: String
  private let descriptor: Int32
  private let sink: FileSink

  /// Makes `directory` where it is not there, and the file. `step` is the first one to come: what
  /// earlier files say of it and of later steps, TensorBoard then drops.
  ///
  /// Throws `path/invalid`, `io/create`.
  public init(in directory: String, from step: Int, time: Double) throws(Failure) {
    try checkPath(directory)
    try Self.make(directory)
    let start = max(Int(clamping: time), try Self.latest(in: directory) + 1)
    path = "\(directory)/\(Self.name(start))"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC
    descriptor = retryingInterrupted { [path] in open(path, flags, 0o666) }
    guard descriptor >= 0 else { throw Self.failure(path) }
    sink = FileSink(descriptor: descriptor, name: path)
    try add(TensorBoardEvent(time: time, step: 0, .fileVersion))
    try add(TensorBoardEvent(time: time, step: step, .sessionStart))
  }

  deinit { close(descriptor) }

  public func add(_ event: TensorBoardEvent) throws(Failure) { try sink.write(event.record) }

  private static let prefix = "events.out.tfevents."

  /// Ten digits at least: names are put in order as texts.
  private static func name(_ seconds: Int) -> String {
    let digits = "\(seconds)"
    let zeros = String(repeating: "0", count: max(0, 10 - digits.utf8.count))
    return "\(prefix)\(zeros)\(digits).\(hostName()).\(getpid())"
  }

  /// The largest number of seconds that a file's name begins with; 0 where there is none.
  private static func latest(in directory: String) throws(Failure) -> Int {
    var latest = 0
    for name in try namesInDirectory(directory, limit: 1 << 20) where name.hasPrefix(prefix) {
      let digits = name.utf8.dropFirst(prefix.utf8.count).prefix { (48...57).contains($0) }
      // One of more digits is not a time of ours, and no later name could stand behind it.
      guard digits.count == 10, let seconds = Int(String(decoding: digits, as: UTF8.self)) else {
        continue
      }
      latest = max(latest, seconds)
    }
    return latest
  }

  private static func make(_ directory: String) throws(Failure) {
    let parent = splitPath(directory).directory
    if parent != directory, access(parent, F_OK) != 0, errno == ENOENT { try make(parent) }
    guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
      throw failure(directory)
    }
  }

  private static func failure(_ path: String) -> Failure {
    Failure(
      .inputOutput, code: "io/create", at: path, "create: \(String(cString: strerror(errno)))",
      remedy: "check the path, and whether there is space")
  }

  /// The machine's name, of letters that a file may have; the format's names have it in them.
  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    let bytes = buffer.prefix { $0 != 0 }.prefix(64).map { UInt8(bitPattern: $0) }
    let name = bytes.map { byte in
      let isPlain = byte < 0x80 && (Unicode.Scalar(byte).properties.isAlphabetic || byte == 0x2D)
      return isPlain || (48...57).contains(byte) ? byte : UInt8(ascii: "_")
    }
    return name.isEmpty ? "localhost" : String(decoding: name, as: UTF8.self)
  }
}

extension Int {
  /// Whole seconds of `time`, which may be anything.
  fileprivate init(clamping time: Double) {
    self = time.isFinite ? Int(Swift.max(0, Swift.min(9_999_999_998, time))) : 0
  }
}
