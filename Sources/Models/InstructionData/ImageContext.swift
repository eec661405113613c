// What the teacher is told of an image: its captions, and where things are.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The captions and boxes of an image.
public struct ImageContext: Equatable, Sendable {
  /// On one line each; at least one.
  public let captions: [String]
  public let boxes: [ImageBox]

  /// Throws `context/captions` where there is no caption, or one is empty.
  public init(captions: [String], boxes: [ImageBox]) throws(Failure) {
    guard !captions.isEmpty else {
      throw Self.fault("expected captions, found none")
    }
    var lines: [String] = []
    for (index, caption) in captions.enumerated() {
      guard let line = oneLine(caption) else {
        throw Self.fault("expected a text as caption \(index + 1), found an empty one")
      }
      lines.append(line)
    }
    self.captions = lines
    self.boxes = boxes
  }

  /// The context in a record: `captions`, a list of texts, or `caption`, one; and `instances`, a list
  /// of objects with `category` and `bbox`, four numbers of `form`, with the image's `width` and
  /// `height` where that is in pixels.
  ///
  /// Throws `context/captions`, `context/instances`, and what boxes throw, with their numbers.
  public init(of record: JSONObject, form: BoxForm, keepsOutside: Bool) throws(Failure) {
    var boxes: [ImageBox] = []
    let size = { (key: String) in record[key]?.double.flatMap { Int(exactly: $0) } }
    for (index, value) in try Self.instances(of: record).enumerated() {
      do throws(Failure) {
        let numbers = value.object?["bbox"]?.array ?? []
        let doubles = numbers.compactMap(\.double)
        guard let category = value.object?["category"]?.string, doubles.count == numbers.count
        else {
          throw Failure(
            .invalidInput, code: "context/instances",
            "expected an object with a `category` and a `bbox` of 4 numbers")
        }
        boxes.append(
          try ImageBox(
            category: category, numbers: doubles, form: form, width: size("width"),
            height: size("height"), keepsOutside: keepsOutside))
      } catch {
        throw error.at("instance \(index + 1)")
      }
    }
    try self.init(captions: try Self.captions(of: record), boxes: boxes)
  }

  /// The text that the teacher is sent: captions, a line each; for kinds with boxes an empty line and
  /// then the boxes, a line each, where there are any. No line end at the end.
  ///
  /// The form of LLaVA's `playground/data/prompts/*/*_caps.txt`.
  public func text(for kind: InstructionKind) -> String {
    let text = captions.joined(separator: "\n")
    guard kind.showsBoxes, !boxes.isEmpty else { return text }
    return text + "\n\n" + boxes.map(\.text).joined(separator: "\n")
  }

  private static func captions(of record: JSONObject) throws(Failure) -> [String] {
    guard let value = record["captions"] ?? record["caption"], value != .null else {
      throw fault(
        "expected `captions`, found none",
        remedy: record["annotations"] == nil
          ? nil : "COCO's files go with --captions and --boxes")
    }
    if let text = value.string { return [text] }
    guard let items = value.array, items.allSatisfy({ $0.string != nil }) else {
      throw fault("expected `captions` to be a list of texts")
    }
    return items.compactMap(\.string)
  }

  private static func instances(of record: JSONObject) throws(Failure) -> [JSONValue] {
    guard let value = record["instances"], value != .null else { return [] }
    guard let items = value.array else {
      throw Failure(
        .invalidInput, code: "context/instances", "expected `instances` to be a list of objects")
    }
    return items
  }

  private static func fault(_ message: String, remedy: String? = nil) -> Failure {
    Failure(.invalidInput, code: "context/captions", message, remedy: remedy)
  }
}
