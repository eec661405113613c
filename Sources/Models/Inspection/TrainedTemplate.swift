// The template that a checkpoint was trained with, as far as the checkpoint says.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversations
import InputOutput

extension ConversationTemplate {
  /// The template of the model at `path`: the one that its chat template writes; else the one that
  /// its generation of LLaVA was trained with. Nil where there is neither.
  ///
  /// Throws `checkpoint/chat-template` where the checkpoint has a chat template that is none of
  /// ours, or is of a generation that was trained with more than one; and what reading throws.
  public static func trained(at path: String) throws(Failure) -> ConversationTemplate? {
    if let found = try ChatTemplate.find(in: path) {
      if let template = recognised(inChatTemplate: found.text) { return template }
      throw Failure(
        .mismatch, code: "checkpoint/chat-template", at: found.path,
        "expected the chat template of a LLaVA model, found one that writes none of our templates",
        remedy: "choose one with --template")
    }
    guard let config = try ModelConfig.find(in: path),
      config.kind == .original || config.kind == .gguf
    else { return nil }
    if let template = told(by: config.origin ?? "") { return template }
    guard !config.marksImages else {
      throw Failure(
        .mismatch, code: "checkpoint/chat-template", at: path,
        "the checkpoint does not say its template: LLaVAs that put images between <im_start> and"
          + " <im_end> were trained with llava_v0 (v0) or with v1 (v1-1, Lightning)",
        remedy: "choose one with --template")
    }
    return config.kind == .gguf && config.projector == nil ? nil : named("vicuna_v1")
  }

  /// By what the model was called when it was saved. The name of a base model tells nothing of how
  /// LLaVA was trained on it, but for LLaMA 2's own chat format.
  private static func told(by origin: String) -> ConversationTemplate? {
    let name = origin.lowercased()
    if name.contains("llava") { return try? forModel(named: origin) }
    return name.contains("llama-2") && name.contains("chat") ? named("llava_llama_2") : nil
  }
}
