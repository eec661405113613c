// Whether a stream's features, or pixels, are those that a model takes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams

/// The requirements on the features of a stream, or on its pixels.
public struct FeatureRequirements: Sendable {
  /// The projector's input width; nil where it is made for the stream.
  public var width: Int?
  /// `sha256:…` of the tower that the model has, if it has one.
  public var tower: String?
  /// The side of the images that the tower takes, where it is trained and the stream must hold them.
  public var pixelSide: Int?

  public init(width: Int?, tower: String?, pixelSide: Int? = nil) {
    (self.width, self.tower, self.pixelSide) = (width, tower, pixelSide)
  }

  /// Throws `stream/content`, `stream/width`, `stream/side` or `stream/tower` (status 6) for other
  /// features or pixels.
  public func check(_ header: StreamHeader, at place: String) throws(Failure) {
    if let pixelSide {
      try Self.checkPixels(header, side: pixelSide, at: place)
    } else {
      try checkFeatures(header, at: place)
    }
    if let tower, let found = header.model, found != tower {
      throw Failure(
        .mismatch, code: "stream/tower", at: place,
        "expected \(pixelSide == nil ? "features" : "pixels") of the model's own vision tower,"
          + " found those of another",
        remedy: "encode with the same -m, or name the tower that was used with --vision")
    }
  }

  private func checkFeatures(_ header: StreamHeader, at place: String) throws(Failure) {
    let schema = header.schema
    guard header.content == "clip-features", let field = schema["features"],
      field.shape.count == 2, [.f32, .bf16, .f16].contains(field.elementType),
      schema["image_rows"]?.elementType == .i32, schema["image_rows"]?.shape.count == 1
    else {
      throw Failure(
        .mismatch, code: "stream/content", at: place,
        "expected features from clip-encode, found a stream of \(header.shownContent)",
        remedy: Self.remedies[header.content])
    }
    guard let found = field.shape[1], found > 0, found == width ?? found else {
      throw Failure(
        .mismatch, code: "stream/width", at: place,
        "expected features of \(width.map { "width \($0)" } ?? "one width"), found"
          + " \(field.shape[1].map { "\($0)" } ?? "any")",
        remedy: "encode with the vision tower that the projector belongs to")
    }
  }

  private static let remedies = [
    "projected": "leave llava-project out: training projects by itself",
    "pixels": "leave --emit pixels out, or train the vision tower, too: finetune --train-vision",
  ]

  private static func checkPixels(_ header: StreamHeader, side: Int, at place: String)
    throws(Failure)
  {
    guard header.content == "pixels" else {
      throw Failure(
        .mismatch, code: "stream/content", at: place,
        "expected pixels, found a stream of \(header.shownContent)",
        remedy: "write them with clip-encode --emit pixels, or leave --train-vision out")
    }
    guard let field = header.schema["pixels"], field.elementType == .u8, field.shape.count == 4,
      field.shape[0] == nil, field.shape[3] == 3
    else {
      throw Failure(
        .mismatch, code: "stream/content", at: place,
        "expected pixels of U8 [any, \(side), \(side), 3], found"
          + " \(shown(header.schema["pixels"]))",
        remedy: "write them with clip-encode --emit pixels")
    }
    guard field.shape[1] == side, field.shape[2] == side else {
      let sides = field.shape[1...2].map(shown)
      throw Failure(
        .mismatch, code: "stream/side", at: place,
        "expected images of \(side) x \(side) pixels, found \(sides.joined(separator: " x "))",
        remedy: "write them with the vision tower that is trained")
    }
  }

  private static func shown(_ field: StreamSchema.Field?) -> String {
    guard let field else { return "no such tensor" }
    return "\(field.elementType.rawValue) [\(field.shape.map(shown).joined(separator: ", "))]"
  }

  private static func shown(_ size: Int?) -> String { size.map { "\($0)" } ?? "any" }

  /// The width of the stream's features.
  public static func width(of header: StreamHeader) -> Int? {
    header.schema["features"]?.shape.last ?? nil
  }
}
