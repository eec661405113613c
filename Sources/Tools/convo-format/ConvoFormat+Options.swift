// The settings from the options. The template is the user's, the recipe's, the model's, or LLaVA 1.5's.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversations
import InputOutput
import Inspection
import Recipes
import Tokenizers
import ToolSupport

extension ConvoFormat {
  /// Throws what finding the template and loading the tokeniser throw.
  func options() throws(Failure) -> FormatOptions {
    var options = FormatOptions(template: try chosenTemplate())
    options.system = system
    options.isForTraining = train
    // Training asks what the records do; only what --check says of special tokens looks at this.
    if train { options.question = asking.ask.first }
    options.imagePosition = imagePosition ?? recipePosition ?? .first
    options.seed = seed
    options.tokenizer = try sequence.tokenizer.map { (path) throws(Failure) in
      try Tokenizer.load(path: path)
    }
    // A model that no tool can run still has a template: others will say what is wrong with it.
    let path = model ?? modelFromEnvironment()
    let config =
      try ifUsable { () throws(Failure) in
        try path.map { (path) throws(Failure) in try ModelConfig.find(in: path) } ?? nil
      } ?? nil
    options.imageTokens = sequence.imageTokens ?? config?.rowsPerImage ?? options.imageTokens
    options.maxLength = sequence.maxLength
    options.specials = sequence.special
    options.separators = sequence.separators
    options.prompt.usesImageTokens =
      recipes.recipe?.marksImages ?? (imageMarkers || config?.marksImages == true)
    options.prompt.compatibility = compat ?? recipeCompatibility
    options.recipe = recipes.recipe?.name
    return options
  }

  /// Throws `usage/template-for` for an unknown name, and what `ConversationTemplate.trained` throws.
  private func chosenTemplate() throws(Failure) -> ConversationTemplate {
    if let templateFor { return try .forModel(named: templateFor) }
    var own: ConversationTemplate?
    let key = template ?? recipes.recipe?.template
    if key == nil, let path = model ?? modelFromEnvironment() { own = try .trained(at: path) }
    guard let chosen = own ?? .named(key ?? "vicuna_v1") else {
      throw Failure(.internalError, code: "internal/template", "no default template")
    }
    return chosen
  }

  private var recipePosition: ImagePosition? {
    recipes.recipe.flatMap { ImagePosition(rawValue: $0.imagePosition.rawValue) }
  }

  private var recipeCompatibility: PromptOptions.Compatibility? {
    recipes.recipe?.compatibility.flatMap { PromptOptions.Compatibility(rawValue: $0) }
  }

  /// Throws the fault of an option that contradicts the recipe.
  func checkRecipe() throws {
    if let template { try recipes.refuse("--template") { !$0.hasTemplate(template) } }
    if templateFor != nil { try recipes.refuse("--template-for") { _ in true } }
    if system != nil { try recipes.refuse("--system") { _ in true } }
    if let compat { try recipes.refuse("--compat") { $0.compatibility != compat.rawValue } }
    if let imagePosition {
      try recipes.refuse("--image-position") { $0.imagePosition.rawValue != imagePosition.rawValue }
    }
    if imageMarkers { try recipes.refuse("--image-markers") { !$0.marksImages } }
  }
}
