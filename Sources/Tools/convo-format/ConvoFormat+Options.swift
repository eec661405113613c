// What the options come to, the template first: the user's, else the checkpoint's, else LLaVA 1.5's.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversations
import InputOutput
import Inspection
import Tokenizers
import ToolSupport

extension ConvoFormat {
  /// Throws what finding the template and loading the tokenizer throw.
  func options() throws(Failure) -> FormatOptions {
    var chosen = try chosenTemplate()
    if let system { chosen.system = system }
    var options = FormatOptions(template: chosen)
    options.isForTraining = train
    options.question = ask.first
    options.imagePosition = imagePosition
    options.seed = seed
    options.tokenizer = try tokenizer.map { (path) throws(Failure) in
      try Tokenizer.load(path: path)
    }
    // A model that no tool can run still has a template: others will say what is wrong with it.
    let config = (model ?? modelFromEnvironment()).flatMap { try? ModelConfig.find(in: $0) }
    options.imageTokens = imageTokens ?? config?.rowsPerImage ?? options.imageTokens
    options.maxLength = maxLength
    options.specials = special
    options.separators = separators
    options.prompt.usesImageTokens = imageMarkers || config?.marksImages == true
    options.prompt.compatibility = compat
    return options
  }

  /// Throws `usage/template-for` for an unknown name, and what `ConversationTemplate.trained` throws.
  private func chosenTemplate() throws(Failure) -> ConversationTemplate {
    if let templateFor { return try .forModel(named: templateFor) }
    var own: ConversationTemplate?
    if template == nil, let path = model ?? modelFromEnvironment() { own = try .trained(at: path) }
    guard let chosen = own ?? .named(template ?? "vicuna_v1") else {
      throw Failure(.internalError, code: "internal/template", "no default template")
    }
    return chosen
  }
}
