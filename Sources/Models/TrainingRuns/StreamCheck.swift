// Whether a stream's features are those that a model takes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams

/// What the features of a stream must be.
public struct FeatureRequirements: Sendable {
  /// The projector's input width; nil where it is made for the stream.
  public var width: Int?
  /// `sha256:…` of the tower that the model has, if it has one.
  public var tower: String?

  public init(width: Int?, tower: String?) { (self.width, self.tower) = (width, tower) }

  /// Throws `stream/content`, `stream/width` or `stream/tower` (status 6) for other features.
  public func check(_ header: StreamHeader, at place: String) throws(Failure) {
    let schema = header.schema
    guard header.content == "clip-features", let field = schema["features"],
      field.shape.count == 2, [.f32, .bf16, .f16].contains(field.elementType),
      schema["image_rows"]?.elementType == .i32, schema["image_rows"]?.shape.count == 1
    else {
      throw Failure(
        .mismatch, code: "stream/content", at: place,
        "expected features from clip-encode, found a stream of \(header.shownContent)",
        remedy: header.content == "projected"
          ? "leave llava-project out: training projects by itself" : nil)
    }
    guard let found = field.shape[1], found > 0, found == width ?? found else {
      throw Failure(
        .mismatch, code: "stream/width", at: place,
        "expected features of \(width.map { "width \($0)" } ?? "one width"), found"
          + " \(field.shape[1].map { "\($0)" } ?? "any")",
        remedy: "encode with the vision tower that the projector belongs to")
    }
    if let tower, let found = header.model, found != tower {
      throw Failure(
        .mismatch, code: "stream/tower", at: place,
        "expected features of the model's own vision tower, found those of another",
        remedy: "encode with the same -m, or name the tower that was used with --vision")
    }
  }

  /// The width of the stream's features.
  public static func width(of header: StreamHeader) -> Int? {
    header.schema["features"]?.shape.last ?? nil
  }
}
