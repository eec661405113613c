// What a checkpoint says of itself; written last.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// How far a run has come in its data.
public struct DataPlace: Equatable, Sendable {
  /// From 0.
  public var epoch = 0
  /// Records of this epoch's order that were taken, skipped ones included.
  public var position = 0
  /// Sequences that were trained on since the run began.
  public var sequences = 0
  /// SHA-256 over all of them in their order, ids and tokens, as `DataDigest` makes it.
  public var digest = ""

  public init() {}

  public var json: JSONObject {
    [
      "epoch": .int(epoch), "position": .int(position), "sequences": .int(sequences),
      "sha256": .string(digest),
    ]
  }

  init?(_ object: JSONObject) {
    guard let epoch = object["epoch"]?.int, let position = object["position"]?.int,
      let sequences = object["sequences"]?.int, let digest = object["sha256"]?.string,
      [epoch, position, sequences].allSatisfy(Manifest.counts.contains)
    else { return nil }
    (self.epoch, self.position, self.sequences, self.digest) = (epoch, position, sequences, digest)
  }
}

/// A file of a checkpoint.
public struct ManifestFile: Equatable, Sendable {
  public var name: String
  public var byteCount: Int
  /// In hexadecimal.
  public var sha256: String
}

/// A checkpoint's `manifest.json`.
public struct Manifest: Equatable, Sendable {
  public static let fileName = "manifest.json"
  static let format = "llava-train checkpoint 1"
  private static let sizeLimit = 16 << 20
  /// What a run can count: a damaged number must not overflow what is added to it.
  static let counts = 0...(1 << 53)

  public var step: Int
  public var place: DataPlace
  /// Everything that changes the numbers: what a resumed run must share.
  public var run: JSONObject
  /// What evaluations found until then; nil of a run without.
  public var evaluations: EvaluationHistory?
  public var files: [ManifestFile]

  public init(
    step: Int, place: DataPlace, run: JSONObject, evaluations: EvaluationHistory? = nil,
    files: [ManifestFile]
  ) {
    (self.step, self.place, self.run, self.files) = (step, place, run, files)
    self.evaluations = evaluations
  }

  /// With a digest of all other members: a place in the data that has changed would go unnoticed.
  public var json: JSONObject {
    var json = content
    json["sha256"] = .string(Self.seal(json))
    return json
  }

  private static func seal(_ content: JSONObject) -> String {
    var hash = SHA256()
    hash.update(JSONValue.object(content).serializedString)
    return hash.hexadecimal()
  }

  private var content: JSONObject {
    let files = files.map { file -> JSONValue in
      .object([
        "name": .string(file.name), "bytes": .int(file.byteCount), "sha256": .string(file.sha256),
      ])
    }
    var content: JSONObject = [
      "format": .string(Self.format), "step": .int(step), "data": .object(place.json),
      "run": .object(run),
    ]
    content["evaluations"] = evaluations.map { .object($0.json) }
    content["files"] = .array(files)
    return content
  }

  /// Reads the manifest of the checkpoint in `directory`.
  /// Throws `checkpoint/manifest` where there is none that can be used, and what the system refuses: the
  /// checkpoint may be whole all the same.
  public init(in directory: String) throws(Failure) {
    let path = "\(directory)/\(Self.fileName)"
    let bytes: [UInt8]
    do throws(Failure) { bytes = try readWholeFile(path, limit: Self.sizeLimit) } catch {
      guard !error.isOfSystem else { throw error }
      throw Self.fault(path, error.message)
    }
    guard var object = (try? JSONValue(parsing: bytes))?.object,
      object["format"]?.string == Self.format
    else { throw Self.fault(path, "expected a manifest that begins \"\(Self.format)\"") }
    guard let step = object["step"]?.int, Self.counts.contains(step),
      let place = object["data"]?.object.flatMap(DataPlace.init),
      let run = object["run"]?.object, let listed = object["files"]?.array
    else { throw Self.fault(path, "expected step, data, run and files") }
    let files = listed.compactMap { item -> ManifestFile? in
      guard let file = item.object, let name = file["name"]?.string,
        let count = file["bytes"]?.int, let sha256 = file["sha256"]?.string, !name.contains("/")
      else { return nil }
      return ManifestFile(name: name, byteCount: count, sha256: sha256)
    }
    guard files.count == listed.count else { throw Self.fault(path, "a file is not described") }
    // What is not listed would be taken unseen.
    guard files.contains(where: { $0.name == TrainingCheckpoint.stateName }) else {
      throw Self.fault(path, "expected \(TrainingCheckpoint.stateName) among the files")
    }
    let evaluations = object["evaluations"]?.object.flatMap(EvaluationHistory.init)
    guard object["evaluations"] == nil || evaluations != nil else {
      throw Self.fault(path, "expected evaluations with their steps and losses")
    }
    let seal = object["sha256"]?.string
    object["sha256"] = nil
    guard seal == Self.seal(object) else {
      throw Self.fault(path, "its members are not those that were written")
    }
    self.init(step: step, place: place, run: run, evaluations: evaluations, files: files)
  }

  private static func fault(_ path: String, _ message: String) -> Failure {
    Failure(
      .invalidInput, code: "checkpoint/manifest", at: path, message,
      remedy: "remove this checkpoint's directory to resume from the one before it")
  }

  /// Bytes read from a file before its pages are released.
  private static var hashedAtOnce: Int { 4 << 20 }

  /// Reads every file of the checkpoint in `directory`.
  /// Throws `checkpoint/damaged` with the name of the first that is not as it was written.
  public func verifyFiles(in directory: String) throws(Failure) {
    for file in files {
      let path = "\(directory)/\(file.name)"
      let mapped: MappedFile
      do { mapped = try MappedFile(path: path) } catch { throw Self.damaged(path, error.message) }
      guard mapped.bytes.count == file.byteCount else {
        throw Self.damaged(
          path, "expected \(file.byteCount) bytes, found \(mapped.bytes.count)")
      }
      var hash = SHA256()
      MappedFile.forEachPart(of: mapped.bytes, size: Self.hashedAtOnce) { hash.update($0) }
      guard hash.hexadecimal() == file.sha256 else {
        throw Self.damaged(path, "its bytes are not those that were written")
      }
    }
  }

  private static func damaged(_ path: String, _ message: String) -> Failure {
    Failure(
      .invalidInput, code: "checkpoint/damaged", at: path, message,
      remedy: "remove this checkpoint's directory to resume from the one before it")
  }
}
