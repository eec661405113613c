// The options of the tools that take a published recipe.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Recipes

extension Recipe: ExpressibleByArgument {
  public init?(argument: String) {
    guard let recipe = Recipe.known(argument) else { return nil }
    self = recipe
  }

  public static var allValueStrings: [String] { all.map(\.name) }
  public var defaultValueDescription: String { name }
}

/// Which recipe, and whether only to print it.
public struct RecipeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Use the settings of this LLaVA recipe.", valueName: "name"))
  public var recipe: Recipe?

  @Flag(help: "Print the recipe as options of the tools, and exit.")
  public var printRecipe = false

  public init() {}

  public func validate() throws {
    if printRecipe, recipe == nil { throw ValidationError("--print-recipe goes with --recipe") }
  }

  /// Prints the recipe where that was asked for: then there is nothing else to do.
  public func isPrinted(_ session: Session) throws(Failure) -> Bool {
    guard printRecipe, let recipe else { return false }
    let sink = try session.sink(isBinary: false)
    try sink.write(recipe.text)
    try sink.finish()
    return true
  }

  /// Throws the fault of an `option` that says something else than the recipe: what carries its name
  /// is the recipe, so that those who read the stream may rely on it.
  public func refuse(_ option: String, if isContradiction: (Recipe) -> Bool) throws {
    guard let recipe, isContradiction(recipe) else { return }
    throw ValidationError(
      "\(option) contradicts --recipe \(recipe.name): leave out one of the two; with --print-recipe"
        + " it shows the options to give instead of it")
  }
}
