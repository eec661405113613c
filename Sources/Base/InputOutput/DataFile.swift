// Files that the data name, not the user: faults of a record, and faults of the system.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

extension Failure {
  /// Why `path`, which a record names, cannot be opened beneath `directory`.
  ///
  /// `path/missing`, `path/refused` and `file/not-regular` are faults of the record, which every run
  /// would find again. Everything else, such as too many open files or a failing disk, is `io/open`.
  static func opening(
    _ path: String, errno code: Int32, in directory: Int32 = AT_FDCWD, root: String? = nil
  ) -> Failure {
    switch code {
    case ENOENT, ENOTDIR, ENAMETOOLONG:
      let beneath = root.map { " beneath \(escapedForTerminal($0))" } ?? ""
      return Failure(
        .invalidInput, code: "path/missing", at: path, "no such file\(beneath)",
        remedy: "check the path", kind: .unreadableFile)
    case EACCES, EPERM, ELOOP, ENXIO, ENODEV, ENOMEDIUM, EBUSY, EINVAL, EOVERFLOW, ETXTBSY:
      return Failure(
        .invalidInput, code: "path/refused", at: path, "open: \(String(cString: strerror(code)))",
        remedy: code == EACCES || code == EPERM ? "check the permissions" : nil,
        kind: .unreadableFile)
    default:
      var status = stat()
      if fstatat(directory, path, &status, 0) == 0, status.st_mode & S_IFMT != S_IFREG {
        return RegularFile.notRegular(path, status.st_mode)
      }
      return .system("open", path, errno: code)
    }
  }
}

extension RegularFile {
  /// Throws `file/not-regular` for a file that the kernel makes up while it is read: it is not what
  /// a record can mean, and reading it may fail in ways that elsewhere tell of a bad disk.
  func refuseKernelFile() throws(Failure) {
    guard llava_is_kernel_file(descriptor) else { return }
    throw Failure(
      .invalidInput, code: "file/not-regular", at: path,
      "expected a regular file, found one of the kernel's")
  }
}
