// The sixteen templates, character by character.
// SPDX-License-Identifier: Apache-2.0

extension ConversationTemplate {
  /// The template for `key`, or nil.
  public static func named(_ key: String) -> ConversationTemplate? {
    catalogue.first { $0.key == key }
  }

  /// All templates by the keys that LLaVA has for them.
  public static let catalogue: [ConversationTemplate] = [
    single("default", system: humanSystem, preset: energyPreset),
    single("v0", system: humanSystem, preset: energyPreset),
    single("llava_v0", system: humanSystem),
    single("v0_mmtag", system: markupSystem, version: "v0_mmtag"),
    two("v1", system: userSystem),
    two("vicuna_v1", system: userSystem),
    two("llava_v1", system: humanSystem),
    two("v1_mmtag", system: markupSystem, version: "v1_mmtag"),
    llama2("llama_2", system: llama2System, separator: "<s>"),
    llama2("llava_llama_2", system: visionSystem, separator: "<s>"),
    llama2("mistral_instruct", system: "", separator: ""),
    mpt("mpt", system: mptSystem),
    mpt("chatml_direct", system: "<|im_start|>system\nAnswer the questions."),
    mpt("mistral_direct", system: "<|im_start|>system\nAnswer the questions."),
    plain("plain"),
    plain("v0_plain"),
  ]

  private static func single(
    _ key: String, system: String, version: String = "Unknown", preset: [String] = []
  ) -> ConversationTemplate {
    ConversationTemplate(
      key: key, system: system, human: "Human", assistant: "Assistant", style: .single,
      separator: "###", version: version, preset: preset)
  }

  private static func two(_ key: String, system: String, version: String = "v1")
    -> ConversationTemplate
  {
    ConversationTemplate(
      key: key, system: system, human: "USER", assistant: "ASSISTANT", style: .two,
      separator: " ", secondSeparator: "</s>", version: version, preset: [])
  }

  private static func llama2(_ key: String, system: String, separator: String)
    -> ConversationTemplate
  {
    ConversationTemplate(
      key: key, system: system, human: "USER", assistant: "ASSISTANT", style: .llama2,
      separator: separator, secondSeparator: "</s>", version: "llama_v2", preset: [])
  }

  private static func mpt(_ key: String, system: String) -> ConversationTemplate {
    ConversationTemplate(
      key: key, system: system, human: "<|im_start|>user\n", assistant: "<|im_start|>assistant\n",
      style: .mpt, separator: "<|im_end|>", version: "mpt", preset: [])
  }

  private static func plain(_ key: String) -> ConversationTemplate {
    ConversationTemplate(
      key: key, system: "", human: "", assistant: "", style: .plain, separator: "\n",
      version: "Unknown", preset: [])
  }
}
