// Reads a tar archive of webdataset: files that share their name up to its first dot are one record.
// SPDX-License-Identifier: Apache-2.0
import Archives
import InputOutput
import JSON
import Records

/// The samples of an archive in their order, images by paths that lead into it.
public final class TarSampleReader: ObjectReader {
  public var name: String { file.path }
  private let file: RegularFile
  private let limits: StreamLimits
  private let warn: (String) -> Void
  private var walk: TarWalk
  /// Read ahead, to see where a sample ends.
  private var ahead: SampleMember?
  private var hasBegun = false
  private var hasWarned = false
  private static let mostNames = 1 << 22
  /// Hashes of samples' names, to see one that comes again; nil once one did.
  private var names: Set<Int>? = []
  private var number = 0

  public init(_ file: RegularFile, limits: StreamLimits, warn: @escaping (String) -> Void) {
    self.file = file
    self.limits = limits
    self.warn = warn
    walk = TarWalk(file)
  }

  /// Throws what `TarWalk` throws; a member that cannot be used spoils its sample alone.
  public func next() throws(Failure) -> ObjectLine? {
    if !hasBegun { try advance() }
    guard let key = ahead?.key else { return nil }
    number += 1
    warnWhereTornApart(key)
    var sample = Sample()
    var fault: Failure?
    while let member = ahead, member.key == key {
      do throws(Failure) { if fault == nil { try take(member, into: &sample) } } catch {
        guard error.spoilsRecordOnly else { throw error }
        fault = error.at("\(name): sample \(number): \(member.shown)")
      }
      try advance()
    }
    let id = FilePath(bytes: key.prefix(longestPath))
    let result = Result { () throws(Failure) in
      if let fault { throw fault }
      guard let key = String(validating: key, as: UTF8.self) else {
        throw Failure(.invalidInput, code: "text/utf8", "the member's name is not valid UTF-8")
          .at("\(name): sample \(number): \(escapedForTerminal(id.shown))")
      }
      return sample.object(key: key)
    }
    return ObjectLine(
      number: number, input: name, unit: "sample", result: result, fallbackId: id.shown)
  }

  private func warnWhereTornApart(_ key: [UInt8]) {
    guard let known = names?.count, known < Self.mostNames,
      names?.insert(key.hashValue).inserted == false
    else { return }
    names = nil
    let shown = escapedForTerminal(FilePath(bytes: key.prefix(longestPath)).shown)
    warn(
      "\(name): the files of \(shown) are not next to each other, and become several records: sort the"
        + " archive (tar --sort=name)")
  }

  private func advance() throws(Failure) {
    hasBegun = true
    ahead = nil
    while let member = try walk.next() {
      ahead = SampleMember(member)
      if ahead != nil { return }
    }
    if walk.links > 0 {
      warn("\(name): \(counted(walk.links, "link")) passed over; \(TarWalk.linkRemedy)")
    }
  }

  private func take(_ member: SampleMember, into sample: inout Sample) throws(Failure) {
    switch member.suffix {
    case "json": sample.json = try parseObject(try bytes(of: member, "an object"))
    case "txt": sample.caption = try text(of: member)
    case "cls": sample.label = try text(of: member)
    case _ where Record.isImageName("x." + member.suffix):
      guard let text = String(validating: member.name, as: UTF8.self) else {
        throw Failure(.invalidInput, code: "text/utf8", "the member's name is not valid UTF-8")
      }
      sample.images.append("\(name)/\(text)")
      sample.size += name.utf8.count + member.name.count
      guard sample.size <= limits.lineBytes else {
        throw lineTooLong(limits, "paths of images")
      }
    default:
      if !hasWarned {
        warn(
          "\(name): nothing reads \(member.shown) and others that are not an image, .json, .txt or"
            + " .cls")
      }
      hasWarned = true
    }
  }

  private func text(of member: SampleMember) throws(Failure) -> String {
    guard let text = String(validating: try bytes(of: member, "a text"), as: UTF8.self) else {
      throw Failure(.invalidInput, code: "text/utf8", "the text is not valid UTF-8")
    }
    return strippingWhitespace(text)
  }

  private func bytes(of member: SampleMember, _ what: String) throws(Failure) -> [UInt8] {
    guard member.bytes.count <= limits.lineBytes else { throw lineTooLong(limits, what) }
    return try file.read(at: member.bytes.lowerBound, count: member.bytes.count)
  }
}

/// A member that is part of a sample.
private struct SampleMember {
  let key: [UInt8]
  /// What stands behind the first dot of the file's name, in small letters.
  let suffix: String
  let name: [UInt8]
  let bytes: Range<Int>

  /// Nil for a file whose name has no dot, or begins with one as those that nobody should see.
  init?(_ member: TarMember) {
    let start = member.name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    guard let dot = member.name[start...].firstIndex(of: UInt8(ascii: ".")), dot > start else {
      return nil
    }
    key = Array(member.name[..<dot])
    suffix = String(decoding: member.name[(dot + 1)...], as: UTF8.self).lowercased()
    (name, bytes) = (member.name, member.bytes)
  }

  var shown: String { escapedForTerminal(FilePath(bytes: name.prefix(longestPath)).shown) }
}

/// What the members of a sample say.
private struct Sample {
  var json: JSONObject?
  var caption: String?
  var label: String?
  var images: [String] = []
  /// Bytes of the images' paths.
  var size = 0

  /// The record: the members of the JSON stay, but for those that name images where the archive has
  /// some itself.
  func object(key: String) -> JSONObject {
    var object: JSONObject = ["id": .string(key)]
    for (key, value) in json?.members ?? [] { object[key] = value }
    if Record.statedId(of: object) == nil { object["id"] = .string(key) }
    if !images.isEmpty {
      object["images"] = nil
      let paths = images.map(JSONValue.string)
      object["image"] = paths.count == 1 ? paths[0] : .array(paths)
    }
    if let caption, object["caption"] == nil { object["caption"] = .string(caption) }
    if let label, object["cls"] == nil {
      object["cls"] = Int(label).map(JSONValue.int) ?? .string(label)
    }
    return object
  }
}
