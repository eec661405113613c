// The recipe of a feature stream: the user's, or that of the first records.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Preprocessing
import Recipes
import Records
import Streams

/// The recipe of one run, which all its records must have been formatted by.
struct StreamRecipe {
  private let check: RecipeCheck
  private let aspect: String

  /// Where the user names no recipe it is that of the first record of `reader` which an earlier tool
  /// has not skipped.
  init(_ own: Recipe?, _ reader: LookAheadReader, aspect: PreprocessorSettings.Aspect) {
    let first = own == nil ? reader.first { SkipMark(of: $0) == nil } : nil
    let name = RecipeCheck.name(inPrompt: first?["prompt"]?.object)
    check = RecipeCheck(
      own: own, metadata: name.map { [(key: RecipeCheck.metadataKey, value: $0)] } ?? [])
    self.aspect = aspect.rawValue
  }

  /// What the header says of the recipe.
  var metadata: StreamMetadata {
    check.name.map { [(key: RecipeCheck.metadataKey, value: $0)] } ?? []
  }

  /// Throws what contradicts the recipe; the run is at fault then, not the record alone.
  func check(_ line: ObjectLine) throws(Failure) {
    guard case .success(let object) = line.result, SkipMark(of: object) == nil,
      let prompt = object["prompt"]?.object
    else { return }
    if let failure = check.failure(prompt: prompt) { throw failure.at(line.record) }
    if let recipe = RecipeCheck.name(inPrompt: prompt).flatMap(Recipe.known),
      let failure = RecipeCheck.failure(recipe, images: aspect)
    {
      throw failure.at(line.record)
    }
  }
}

/// A reader whose first objects can be looked at before they are read.
final class LookAheadReader: ObjectReader {
  /// Skips in front of the first record: beyond so many it stays unseen, and memory bounded.
  private static let limit = 64

  var name: String { reader.name }
  private let reader: any ObjectReader
  private var held: [Result<ObjectLine?, Failure>] = []

  init(_ reader: any ObjectReader) { self.reader = reader }

  /// The first object that is `wanted`; nil where the input's first lines hold none.
  func first(_ wanted: (JSONObject) -> Bool) -> JSONObject? {
    while held.count < Self.limit {
      let result = Result { () throws(Failure) in try reader.next() }
      held.append(result)
      guard case .success(let line?) = result else { return nil }
      if case .success(let object) = line.result, wanted(object) { return object }
    }
    return nil
  }

  func next() throws(Failure) -> ObjectLine? {
    try held.isEmpty ? reader.next() : held.removeFirst().get()
  }
}
