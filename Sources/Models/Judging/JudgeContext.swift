// What a judge is told about an image in place of the image.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The description of an image, as text.
public struct JudgeContext: Sendable {
  public let image: String
  public let variant: JudgeVariant
  /// Captions a line each; with boxes an empty line, and a line `category: [x1, y1, x2, y2]` each.
  public let text: String

  /// Reads `{"image":"…","captions":["…"],"instances":[{"category":"…","bbox":[…]}]}`, or
  /// `{"image":"…","caption":"…"}` of the benchmark, whose caption may be a list. Throws
  /// `judge/context`.
  public init(_ object: JSONObject) throws(Failure) {
    guard let image = object["image"]?.string, !image.isEmpty else {
      throw Self.fault(
        "expected `image`, a text",
        remedy:
          "--context takes a line for each image: {\"image\":…,\"captions\":[…],\"instances\":[…]}")
    }
    self.image = image
    if let value = object["caption"] {
      guard object["captions"] == nil, object["instances"] == nil else {
        throw Self.fault("expected `caption`, or `captions` and `instances`, found both")
      }
      variant = .bench
      text = try Self.lines(value.string.map { [.string($0)] } ?? value.array, "caption")
      return
    }
    let captions = try Self.lines(object["captions"]?.array, "captions")
    guard let instances = object["instances"]?.array else {
      throw Self.fault("expected `instances`, a list of objects with `category` and `bbox`")
    }
    var boxes: [String] = []
    for (index, instance) in instances.enumerated() {
      boxes.append(try Self.box(instance, number: index + 1))
    }
    variant = .visual
    text = captions + "\n\n" + boxes.joined(separator: "\n")
  }

  private static func lines(_ items: [JSONValue]?, _ name: String) throws(Failure) -> String {
    let texts = items?.compactMap(\.string)
    guard let texts, texts.count == items?.count, !texts.isEmpty else {
      throw fault(
        "expected `\(name)`, \(name == "caption" ? "a text or " : "")a list of texts, not empty")
    }
    return texts.joined(separator: "\n")
  }

  private static func box(_ value: JSONValue, number: Int) throws(Failure) -> String {
    guard let category = value.object?["category"]?.string, let items = value.object?["bbox"]?.array
    else { throw fault("instance \(number): expected `category` and `bbox`") }
    var numbers: [String] = []
    for case .number(let number) in items {
      if let text = pythonText(number) { numbers.append(text) }
    }
    guard items.count == 4, numbers.count == 4 else {
      throw fault("instance \(number): expected `bbox` to be four numbers")
    }
    return "\(category): [\(numbers.joined(separator: ", "))]"
  }

  private static func fault(_ message: String, remedy: String? = nil) -> Failure {
    Failure(.invalidInput, code: "judge/context", message, remedy: remedy)
  }
}

/// The descriptions of a set's images.
public struct JudgeContexts: Sendable {
  public let variant: JudgeVariant
  private let texts: [ExactText: String]

  /// No context: the judge sees text alone.
  public static let none = JudgeContexts(variant: .text, texts: [:])

  private init(variant: JudgeVariant, texts: [ExactText: String]) {
    (self.variant, self.texts) = (variant, texts)
  }

  /// The contexts of `entries`, all of one kind. An image that stands twice is `judge/duplicate`,
  /// unless the last one counts, as it does in the reference.
  public init(_ entries: [JudgeEntry], lastCounts: Bool) throws(Failure) {
    var texts: [ExactText: String] = [:]
    var variant: JudgeVariant?
    for entry in entries {
      let context: JudgeContext
      do throws(Failure) { context = try JudgeContext(entry.object) } catch {
        throw error.at(entry.place)
      }
      guard variant == nil || variant == context.variant else {
        throw Failure(
          .mismatch, code: "judge/context", at: entry.place,
          "expected the kind of the records before, `captions` with `instances` or `caption` alone,"
            + " found the other")
      }
      variant = context.variant
      let old = texts.updateValue(context.text, forKey: ExactText(context.image))
      guard old == nil || lastCounts else {
        throw Failure(
          .invalidInput, code: "judge/duplicate", at: entry.place,
          "a context of \(escapedForTerminal(context.image)) stands before already")
      }
    }
    self.init(variant: variant ?? .text, texts: texts)
  }

  /// The context for a question about `image`; nil for text alone. Throws `judge/context`.
  func text(for image: String?) throws(Failure) -> String? {
    if variant == .text { return nil }
    guard let image else {
      throw Failure(
        .invalidInput, code: "judge/context", "expected `image`, by which the context is found")
    }
    guard let text = texts[ExactText(image)] else {
      throw Failure(
        .invalidInput, code: "judge/context", "no context for \(escapedForTerminal(image))")
    }
    return text
  }
}
