// The members of a tar archive by their names, read in place.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Synchronization

/// An archive whose headers were read once. Memory holds the name and 16 bytes for each member.
public final class TarArchive: Sendable {
  private let file: RegularFile
  private let places: [[UInt8]: Range<Int>]
  /// Names that several members have.
  private let shared: Set<[UInt8]>
  /// Why there may be further members.
  private let failure: Failure?
  private let hasLinks: Bool

  private static let mostMembers = 1 << 20
  private static let mostNameBytes = 128 << 20

  /// Nil where `file` is none. Throws `tar/compressed`, `tar/too-large`, `io/read`.
  init?(_ file: RegularFile) throws(Failure) {
    guard try TarWalk.begins(file) else {
      try TarWalk.refuseCompressed(file)
      return nil
    }
    var walk = TarWalk(file)
    var places: [[UInt8]: Range<Int>] = [:]
    var shared: Set<[UInt8]> = []
    var failure: Failure?
    var nameBytes = 0
    do throws(Failure) {
      while let member = try walk.next() {
        nameBytes += member.name.count
        guard places.count < Self.mostMembers, nameBytes <= Self.mostNameBytes else {
          throw Failure(
            .limitExceeded, code: "tar/too-large", at: file.path,
            "expected at most \(Self.mostMembers) members, and \(Self.mostNameBytes) bytes of names",
            remedy: "part it into several archives, as webdataset does")
        }
        if places.updateValue(member.bytes, forKey: member.name) != nil {
          shared.insert(member.name)
        }
      }
    } catch {
      guard error.spoilsRecordOnly else { throw error }
      failure = error
    }
    (self.file, self.places, self.shared, self.failure) = (file, places, shared, failure)
    hasLinks = walk.links > 0
  }

  /// The bytes of the member `name`, of which there may be at most `limit`. Before memory is taken
  /// `willRead` gets the size.
  ///
  /// Throws `path/missing`, `tar/shared-name`, `file/too-large`, `file/changed`, `io/read`, and why
  /// the archive could not be read to its end where the name was not found before.
  public func read(_ name: [UInt8], limit: Int, willRead: (Int) -> Void) throws(Failure) -> [UInt8]
  {
    let name = TarWalk.plain(name)
    guard let place = places[name] else {
      throw failure
        ?? Failure(
          .invalidInput, code: "path/missing", "the archive \(shown) has no file of this name",
          remedy: hasLinks ? TarWalk.linkRemedy : nil)
    }
    guard !shared.contains(name) else {
      throw Failure(
        .invalidInput, code: "tar/shared-name",
        "the archive \(shown) has several files of this name",
        remedy: "make it again with a name for each")
    }
    guard place.count <= limit else {
      throw Failure(
        .limitExceeded, code: "file/too-large",
        "expected at most \(limit) bytes, found \(place.count)")
    }
    willRead(place.count)
    let bytes = try file.read(at: place.lowerBound, count: place.count)
    guard bytes.count == place.count, file.isUnchanged else {
      throw Failure(
        .invalidInput, code: "file/changed", "the archive \(shown) was changed while it was read")
    }
    return bytes
  }

  private var shown: String { escapedForTerminal(file.path) }
}

/// Files in archives, by paths that continue into an archive as if it were a directory:
/// `shard-000.tar/000001.jpg`. No file can have such a path itself, so that nothing needs to be escaped.
public final class TarArchives: Sendable {
  /// The last few that were asked for: records of one archive stand together.
  private let open = Mutex<[(path: [UInt8], archive: TarArchive)]>([])
  private static let mostOpen = 4

  public init() {}

  /// What `TarArchive.read` gives; nil where no part of `path` is an archive. `file` opens a path, and
  /// `isOther` says whether there is something at it that is no directory.
  /// Throws `tar/compressed` where an archive would have to be unpacked, `path/refused` and
  /// `file/not-regular` for what is there and cannot be one, and what `file` and `TarArchive` throw.
  public func read(
    _ path: String, limit: Int, willRead: (Int) -> Void,
    file: (String) throws(Failure) -> RegularFile, isOther: (String) -> Bool
  ) throws(Failure) -> [UInt8]? {
    let path = Array(path.utf8)
    // A directory's path ends within the system's limit, a member's name need not.
    let slashes = path.indices.prefix(longestPath).dropFirst()
    for slash in slashes where path[slash] == UInt8(ascii: "/") {
      switch try find(path[..<slash], file, isOther) {
      case .archive(let archive):
        return try archive.read(Array(path[(slash + 1)...]), limit: limit, willRead: willRead)
      case .otherFile: return nil
      case .noFile: continue
      }
    }
    return nil
  }

  private enum Found {
    case archive(TarArchive)
    case otherFile
    case noFile
  }

  private func find(
    _ path: ArraySlice<UInt8>, _ file: (String) throws(Failure) -> RegularFile,
    _ isOther: (String) -> Bool
  ) throws(Failure) -> Found {
    try open.withLock { (open) throws(Failure) -> Found in
      if let known = open.first(where: { $0.path.elementsEqual(path) }) {
        return .archive(known.archive)
      }
      let found: RegularFile
      do throws(Failure) { found = try file(String(decoding: path, as: UTF8.self)) } catch {
        // Directories, and what is not there; nothing that only the system lacks, and no archive that is
        // there and may not be read.
        guard error.spoilsRecordOnly, !isOther(String(decoding: path, as: UTF8.self)) else {
          throw error
        }
        return .noFile
      }
      guard let archive = try TarArchive(found) else { return .otherFile }
      if open.count == Self.mostOpen { open.removeFirst() }
      open.append((Array(path), archive))
      return .archive(archive)
    }
  }
}
