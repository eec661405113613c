// The chat template of the result: the source's own, or one written from the template that we know.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversations
import InputOutput

extension ModelConversion {
  /// A Jinja template; nil for LLaVA's own layout, which has none unless the source had one, and
  /// where the model's conversation has no simple form.
  var chatTemplate: String? {
    if let found = source.chatTemplate { return found.text }
    guard options.layout == .huggingFace else { return nil }
    let names = [source.name, source.settings.origin].compactMap { $0 }
    let known = Self.template(names: names, marksImages: source.settings.marksImages)
    return known.flatMap { Self.jinja($0, marksImages: source.settings.marksImages) }
  }

  /// That of a model with these names, which has no chat template; nil where nothing tells.
  static func template(names: [String], marksImages: Bool) -> ConversationTemplate? {
    let known = names.lazy.compactMap { try? ConversationTemplate.forModel(named: $0) }.first
    // What LLaVA itself takes for a model that it does not know by name. The generation that marks
    // images was trained with one of two templates and does not say which.
    return known ?? (marksImages ? nil : ConversationTemplate.named("vicuna_v1"))
  }

  /// `template` as a program in Jinja for transformers' processors, an image before its text as LLaVA
  /// was trained; nil for styles whose turns are more than a role and a text.
  static func jinja(_ template: ConversationTemplate, marksImages: Bool) -> String? {
    let separator = template.separator
    let image = marksImages ? "<im_start><image><im_end>" : "<image>"
    let (before, human, assistant, humanEnd, assistantEnd, last):
      (String, String, String, String, String, String)
    switch template.style {
    case .two:
      before = template.system + separator
      human = "\(template.human): "
      assistant = "\(template.assistant):"
      (humanEnd, assistantEnd, last) = (separator, template.secondSeparator ?? separator, "")
    case .single:
      before = template.system
      human = "\(separator)\(template.human): "
      assistant = "\(separator)\(template.assistant):"
      (humanEnd, assistantEnd, last) = ("", "", separator)
    case .mpt, .llama2, .plain: return nil
    }
    guard template.preset.isEmpty, !template.hasImageMarkup else { return nil }
    let system = template.style == .two ? " + \(quoted(separator))" : ""
    return """
      {%- if messages[0]['role'] == 'system' -%}
      {{- (messages[0]['content'] if messages[0]['content'] is string else messages[0]['content'][0]['text'])\(system) -}}
      {%- else -%}{{- \(quoted(before)) -}}{%- endif -%}
      {%- for message in messages if message['role'] != 'system' -%}
      {{- \(quoted(human)) if message['role'] == 'user' else \(quoted(assistant + " ")) -}}
      {%- if message['content'] is string -%}{{- message['content'] -}}
      {%- else -%}
      {%- for part in message['content'] if part['type'] == 'image' -%}{{- \(quoted(image + "\n")) -}}{%- endfor -%}
      {%- for part in message['content'] if part['type'] == 'text' -%}{{- part['text'] -}}{%- endfor -%}
      {%- endif -%}
      {{- \(quoted(humanEnd)) if message['role'] == 'user' else \(quoted(assistantEnd)) -}}
      {%- endfor -%}
      {{- \(quoted(assistant)) if add_generation_prompt else \(quoted(last)) -}}
      """
  }

  /// A string literal of Jinja.
  private static func quoted(_ text: String) -> String {
    var literal = "'"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": literal += "\\\\"
      case "'": literal += "\\'"
      case "\n": literal += "\\n"
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "'"
  }
}
