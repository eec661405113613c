// The subjects of a run: the pictures that were named or found, and those of a list.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import InputOutput
import JSON
import Records
import Streams
import ToolSupport

/// A picture by the name that came first, and what questions about it may name.
struct Subject {
  let picture: FilePath
  let record: JSONObject
}

extension SearchOptions {
  /// All subjects: those of the paths, then those of the list. What cannot be read is reported and counted.
  ///
  /// Throws what `--strict` and `--max-skips` throw, and what reading the list throws.
  func subjects(_ paths: [String], _ session: Session) throws(Failure) -> [Subject] {
    session.reporter.showStatus { "looking for pictures" }
    var unreadable: [Failure] = []
    var pictures = DistinctPictures()
    try search.find(in: paths.map { FilePath($0) }, &pictures) { unreadable.append($0) }
    for var failure in unreadable {
      failure.status = .invalidInput
      try session.recordSkipped(failure, at: Record(JSONObject(), number: 1, place: failure.place))
    }
    var subjects = pictures.pictures.map { picture in
      Subject(
        picture: picture,
        record: ["id": .string(picture.shown), "image": .string(picture.shown)])
    }
    if let list { subjects += try listed(list, &pictures, session) }
    Self.tell(pictures.others, session)
    return subjects
  }

  /// Says which names were other names of one picture, of which there is one caption.
  private static func tell(_ others: [(name: FilePath, picture: FilePath)], _ session: Session) {
    guard let first = others.first else { return }
    let found =
      others.count == 1
      ? "1 name is another name of a picture that came before, which is captioned once"
      : "\(grouped(others.count)) names are other names of pictures that came before, which are"
        + " captioned once"
    session.reporter.note(
      "\(found): \(first.name.shown) is \(first.picture.shown)\(others.count > 1 ? ", ..." : "")")
  }

  private func listed(
    _ list: String, _ pictures: inout DistinctPictures, _ session: Session
  ) throws(Failure) -> [Subject] {
    let reader = try session.imageReader([list], format: from, imageKey: imageKey)
    var subjects: [Subject] = []
    while let line = try reader.next() {
      let record = line.record
      if let mark = SkipMark(of: record.object) {
        try session.skipPassedOn(mark, at: record)
        continue
      }
      do throws(Failure) {
        let object = try line.result.get()
        let index = pictures.add(FilePath(try onlyImage(of: object))).index
        subjects.append(
          Subject(
            picture: pictures.pictures[index], record: Record(object, id: record.id).identified))
      } catch {
        try session.recordSkipped(error, at: record)
      }
    }
    return subjects
  }

  private func onlyImage(of object: JSONObject) throws(Failure) -> String {
    let images = try Record.imagePaths(of: object)
    guard !images.isEmpty else {
      throw Failure(
        .invalidInput, code: "record/no-image", "expected an `image`, found none",
        remedy: "name the member or column that says where it is: --image-key KEY")
    }
    guard images.count == 1 else {
      throw Failure(
        .invalidInput, code: "record/images", "expected one image, found \(images.count)",
        remedy: "records with several go through convo-format")
    }
    guard let image = Record.firstImagePath(of: object), image.utf8.count <= longestPath else {
      throw Failure(
        .invalidInput, code: "record/image", "expected a path of a picture, found something else",
        remedy: "pictures inside records go through convo-format and the pipe")
    }
    return image
  }
}
