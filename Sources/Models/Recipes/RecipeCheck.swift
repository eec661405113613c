// Holds what a stream says of its recipe against the recipe of the tool that reads it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams

/// How a recipe travels, and what contradicts it.
///
/// A record carries it in its prompt, a tensor stream in its header; see llava-stream(5). Names that
/// are none of ours travel too: of those only the name can be held against another.
public struct RecipeCheck: Sendable {
  /// The key of a tensor stream's header.
  public static let metadataKey = StreamHeader.recipeKey
  /// The member of a record's `prompt`.
  public static let promptKey = "recipe"
  /// A longer text is no name and stays where it is.
  static let longestName = 128

  /// The recipe that the tool was given.
  public let own: Recipe?
  /// The name in the stream's header.
  public let streamed: String?
  /// How the header says that images became square, a value of `Recipe.Aspect`.
  private let streamedAspect: String?

  /// - Parameters:
  ///   - metadata: the header's keys that are not reserved (`StreamHeader.metadata`).
  ///   - config: the header's `ts.config`; what is no JSON says nothing.
  public init(
    own: Recipe?, metadata: [(key: String, value: String)] = [], config: String? = nil
  ) {
    self.own = own
    streamed = metadata.first { $0.key == Self.metadataKey }.flatMap { Self.name($0.value) }
    streamedAspect =
      config.flatMap { text in
        try? JSONValue(parsing: Array(text.utf8), depthLimit: 8, valueLimit: 1 << 12)
      }?.object?["aspect"]?.string
  }

  /// What a tool that writes a stream puts into its header: the tool's own, else what it read.
  public var name: String? { own?.name ?? streamed }

  /// The recipe that a record's prompt names.
  public static func name(inPrompt prompt: JSONObject?) -> String? {
    prompt?[promptKey]?.string.flatMap(name)
  }

  /// What the header says against the tool's recipe: another one, other images. Status 6.
  public func headerFailure() -> Failure? {
    guard let own else { return nil }
    if let streamed, !Self.agree(own.name, streamed) {
      return mismatch(expected: own.name, streamed)
    }
    return Self.failure(own, images: streamedAspect)
  }

  /// What a record's prompt says against the tool's recipe, or where it has none against the
  /// header's: another one, another template. Status 6.
  public func failure(prompt: JSONObject?) -> Failure? {
    guard let expected = name else { return nil }
    if let found = Self.name(inPrompt: prompt), !Self.agree(expected, found) {
      return mismatch(expected: expected, found)
    }
    guard let recipe = Recipe.known(expected), let template = prompt?["template"]?.string,
      !recipe.hasTemplate(template)
    else { return nil }
    return Failure(
      .mismatch, code: "recipe/template",
      "expected prompts of \(recipe.template), as \(recipe.name) has them, found"
        + " \(Self.shown(template))", remedy: "give convo-format --recipe \(recipe.name)")
  }

  /// What is wrong with images that became square by `aspect` for a recipe. An unknown way, or none,
  /// is nothing that can be held against it.
  public static func failure(_ recipe: Recipe, images aspect: String?) -> Failure? {
    guard let aspect = aspect.flatMap(Recipe.Aspect.init), aspect != recipe.aspect else {
      return nil
    }
    return Failure(
      .mismatch, code: "recipe/aspect",
      "expected images made square by \(recipe.aspect.rawValue), as \(recipe.name) has them, found"
        + " \(aspect.rawValue)", remedy: "give clip-encode --recipe \(recipe.name)")
  }

  private func mismatch(expected: String, _ found: String) -> Failure {
    Failure(
      .mismatch, code: "recipe/mismatch",
      "expected records of the recipe \(Self.shown(expected)), found some of"
        + " \(Self.shown(found))", remedy: "give every tool of the pipe the same --recipe")
  }

  /// Whether records of one recipe are records of the other: the same name, or the same values.
  private static func agree(_ one: String, _ other: String) -> Bool {
    if one.utf8.elementsEqual(other.utf8) { return true }
    guard let one = Recipe.known(one), let other = Recipe.known(other) else { return false }
    return one.makesSameRecords(as: other)
  }

  private static func name(_ text: String) -> String? {
    (1...longestName).contains(text.utf8.count) ? text : nil
  }

  private static func shown(_ text: String) -> String {
    escapedForTerminal(String(text.unicodeScalars.prefix(longestName)))
  }
}
