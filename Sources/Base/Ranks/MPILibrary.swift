// The library for MPI: where it is searched for, and its version.
// SPDX-License-Identifier: Apache-2.0
import CMPI
import Glibc
import InputOutput

/// `libllava-mpi.so`, which `make mpi` builds against the machine's own MPI.
public enum MPILibrary {
  static let fileName = "libllava-mpi.so"

  /// The places in the order in which they are tried: `LLAVA_MPI` leaves no other; beside the program,
  /// as `make mpi` leaves it; in `lib/llava-tools` beside the program's `bin`, as it is installed.
  static func places(named: String?, program: String?) -> [String] {
    if let named, !named.isEmpty { return [named] }
    guard let program else { return [] }
    return ["\(program)/\(fileName)", "\(program)/../lib/llava-tools/\(fileName)"]
  }

  private static func found() -> String? {
    let named = getenv("LLAVA_MPI").map { String(cString: $0) }
    return places(named: named, program: programDirectory()).first { access($0, R_OK) == 0 }
  }

  /// Throws `mpi/missing` where there is none, `mpi/library` where it cannot be loaded.
  static func load() throws(Failure) -> UnsafePointer<llava_mpi> {
    guard let path = found() else {
      throw Failure(
        .inputOutput, code: "mpi/missing",
        "several ranks were started, and \(fileName) is not there",
        remedy: "build it with make mpi, or name it in LLAVA_MPI")
    }
    var reason = [CChar](repeating: 0, count: 500)
    guard let table = llava_mpi_load(path, &reason, reason.count) else {
      let text = reason.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw Failure(
        .inputOutput, code: "mpi/library", at: path, text,
        remedy: "build it again with make mpi")
    }
    return table
  }

  /// One line for `--version`.
  public static var description: String {
    guard let path = found() else { return "none, for one process (make mpi builds \(fileName))" }
    do throws(Failure) {
      var text = [CChar](repeating: 0, count: 200)
      try load().pointee.library(&text, text.count)
      let name = text.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      return "\(name) by \(path)"
    } catch {
      return "none that works: \(path): \(error.message)"
    }
  }
}
