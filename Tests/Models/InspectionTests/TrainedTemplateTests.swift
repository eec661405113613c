// The template that a checkpoint was trained with is told, or asked for, never guessed.
// SPDX-License-Identifier: Apache-2.0
import Conversations
import InputOutput
import TestSupport
import Testing

@testable import Inspection

@Suite struct TrainedTemplateTests {
  private func template(_ keys: String, chat: String? = nil) throws -> String? {
    let directory = try TemporaryDirectory()
    try directory.write(
      """
      {"architectures":["LlavaLlamaForCausalLM"],"mm_hidden_size":1024,"use_mm_proj":true,\(keys)
      "model_type":"llava"}
      """, to: "config.json")
    if let chat { try directory.write(chat, to: "chat_template.jinja") }
    return try ConversationTemplate.trained(at: directory.path)?.key
  }

  @Test func modelsThatMarkNoImagesAreOfV1() throws {
    #expect(try template("") == "vicuna_v1")
    #expect(try template(#""mm_projector_type":"mlp2x_gelu","#) == "vicuna_v1")
    #expect(try template(#""_name_or_path":"lmsys/vicuna-7b-v1.5","#) == "vicuna_v1")
  }

  @Test func namesOfLLaVAsTell() throws {
    let marked = #""mm_use_im_start_end":true,"#
    #expect(try template(marked + #""_name_or_path":"./LLaVA-13b-v0","#) == "llava_v0")
    #expect(
      try template(marked + #""_name_or_path":"liuhaotian/LLaVA-Lightning-7B-v1-1","#)
        == "vicuna_v1")
    #expect(
      try template(#""_name_or_path":"meta-llama/Llama-2-13b-chat-hf","#) == "llava_llama_2")
  }

  @Test func theFirstGenerationsAreAskedFor() throws {
    for name in ["", #""_name_or_path":"vicuna-13b-v0","#] {
      let failure = try #require(throws: Failure.self) {
        _ = try template(name + #""mm_use_im_start_end":true,"#)
      }
      #expect(failure.status == .mismatch && failure.code == "checkpoint/chat-template")
      #expect(
        failure.message.contains("llava_v0") && failure.remedy?.contains("--template") == true)
    }
  }

  @Test func aChatTemplateGoesFirst() throws {
    #expect(
      try template(#""mm_use_im_start_end":true,"#, chat: "{{ 'USER: ' + 'ASSISTANT:' }}")
        == "vicuna_v1")
    let failure = try #require(throws: Failure.self) { _ = try template("", chat: "hello") }
    #expect(failure.code == "checkpoint/chat-template")
  }

  @Test func modelsThatAreNoLLaVASayNothing() throws {
    let tiny = "\(packageRoot)/examples/tiny-llava"
    #expect(try ConversationTemplate.trained(at: tiny)?.key == nil)
    let empty = try TemporaryDirectory()
    #expect(try ConversationTemplate.trained(at: empty.path)?.key == nil)
  }
}
