// The identity of a file, whatever paths lead to it.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The device and the inode of a file: equal for other spellings of its path, for links to it, and for
/// its other names.
public struct FileIdentity: Hashable, Sendable {
  private let device: dev_t
  private let inode: ino_t

  init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }
}

/// What a path leads to, for comparing: the file's identity where there is one, else the directory's
/// and the name, else the path as it is.
public enum FilePlace: Hashable, Sendable {
  case file(FileIdentity)
  case entry(FileIdentity, name: FilePath)
  case nowhere(FilePath)
}

extension FilePath {
  /// Links followed; nil where there is no such file.
  public var identity: FileIdentity? { status.map { FileIdentity($0) } }

  /// The same for all paths of one file.
  public var place: FilePlace { identity.map(FilePlace.file) ?? entry }

  /// The same for all spellings of one name in one directory: a link is not what it leads to.
  public var entry: FilePlace {
    directory.identity.map { .entry($0, name: name) } ?? .nowhere(self)
  }

  /// Links followed.
  public var isDirectory: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Whether there is something else; links followed.
  public var isOtherThanDirectory: Bool {
    status.map { $0.st_mode & S_IFMT != S_IFDIR } ?? false
  }

  /// Links not followed: one that leads nowhere is there.
  public var isThere: Bool { ownStatus != nil }

  public var isLink: Bool { ownStatus.map { $0.st_mode & S_IFMT == S_IFLNK } ?? false }

  private var ownStatus: stat? {
    var found = stat()
    return withCString { lstat($0, &found) } == 0 ? found : nil
  }

  /// Whether it is a link to something that is not there.
  public var isDanglingLink: Bool { isLink && status == nil }
}
