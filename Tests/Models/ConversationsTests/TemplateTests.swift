// The sixteen templates against the strings that LLaVA builds.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Testing
import Tokenizers

@testable import Conversations

@Suite struct TemplateTests {
  private let turns = dialogue(["<image>\nQ1", "A1", "Q2"])

  @Test(arguments: [
    ("llava_v0", "S_human###Human: <image>\nQ1###Assistant: A1###Human: Q2###Assistant:"),
    ("vicuna_v1", "S_user USER: <image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:"),
    ("v1", "S_user USER: <image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:"),
    ("llava_v1", "S_human USER: <image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:"),
    (
      "llava_llama_2",
      "[INST] <<SYS>>\nS_vision\n<</SYS>>\n\n<image>\nQ1 [/INST] A1 </s><s>[INST] Q2 [/INST]"
    ),
    (
      "llama_2",
      "[INST] <<SYS>>\nS_llama2\n<</SYS>>\n\n<image>\nQ1 [/INST] A1 </s><s>[INST] Q2 [/INST]"
    ),
    ("mistral_instruct", "[INST] <image>\nQ1 [/INST] A1 </s>[INST] Q2 [/INST]"),
    (
      "mpt",
      """
      S_mpt<|im_end|><|im_start|>user\n<image>\nQ1<|im_end|><|im_start|>assistant\nA1<|im_end|>\
      <|im_start|>user\nQ2<|im_end|><|im_start|>assistant\n
      """
    ),
    (
      "chatml_direct",
      """
      <|im_start|>system\nAnswer the questions.<|im_end|><|im_start|>user\n<image>\nQ1<|im_end|>\
      <|im_start|>assistant\nA1<|im_end|><|im_start|>user\nQ2<|im_end|><|im_start|>assistant\n
      """
    ),
    (
      "v0_mmtag",
      "S_tags###Human: <Image><image></Image>\nQ1###Assistant: A1###Human: Q2###Assistant:"
    ),
    ("v1_mmtag", "S_tags USER: <Image><image></Image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:"),
  ])
  func promptIsThatOfTheReference(key: String, expected: String) throws {
    let systems = [
      "S_human": ConversationTemplate.humanSystem, "S_user": ConversationTemplate.userSystem,
      "S_vision": ConversationTemplate.visionSystem, "S_mpt": ConversationTemplate.mptSystem,
      "S_llama2": ConversationTemplate.llama2System, "S_tags": ConversationTemplate.markupSystem,
    ]
    var expected = expected
    for (name, text) in systems where expected.contains(name) {
      expected = expected.replacing(name, with: text)
    }
    #expect(try template(key).prompt(for: turns).joined == expected)
  }

  @Test(arguments: [
    (
      "v0_mmtag",
      "###Human: <Image><image></Image>###Assistant: Received.###Human: Q1###Assistant:"
    ),
    ("v1_mmtag", " USER: <Image><image></Image> ASSISTANT: Received.</s>USER: Q1 ASSISTANT:"),
  ])
  func taggedTemplatesIntroduceTheImage(key: String, expected: String) throws {
    var options = PromptOptions()
    options.introducesImages = true
    let prompt = try template(key).prompt(for: dialogue(["<image>\nQ1"]), options: options)
    #expect(prompt.joined == ConversationTemplate.markupSystem + expected)
  }

  @Test func plainIsTheTextAndALinesEnd() throws {
    #expect(try template("plain").prompt(for: dialogue(["<image>\nQ1"])).joined == "<image>\nQ1\n")
  }

  @Test func presetsComeFirst() throws {
    for key in ["default", "v0"] {
      let text = try template(key).prompt(for: dialogue(["Q"])).joined
      #expect(text.contains("###Human: What are the key differences between renewable and"))
      #expect(text.contains("6. Sustainability: "))
      #expect(text.hasSuffix("economic and social instability.\n###Human: Q###Assistant:"))
      #expect(text.components(separatedBy: "\n").count == 8)
    }
  }

  @Test func thereAreSixteenKeys() {
    let keys = ConversationTemplate.catalogue.map(\.key)
    #expect(Set(keys).count == 16 && keys.count == 16)
    #expect(ConversationTemplate.named("mistral_orca") == nil)
  }

  @Test func textsKeepTheirPeculiarities() {
    #expect(ConversationTemplate.markupSystem.contains("natural language.The visual content"))
    #expect(ConversationTemplate.llama2System.contains("while being safe.  Your answers"))
    #expect(ConversationTemplate.llama2System.contains("positive in nature.\n\nIf a question"))
    #expect(!ConversationTemplate.humanSystem.contains("\n"))
  }

  @Test(arguments: [
    ("llava-1.5-7b-hf", "vicuna_v1"), ("llava-hf/llava-1.5-13b-hf", "vicuna_v1"),
    ("liuhaotian/llava-v1.5-7b", "vicuna_v1"), ("models/llava-v1.5-13b-lora/", "vicuna_v1"),
    ("llava-v1.6-vicuna-7b-hf", "vicuna_v1"), ("llava-v1.6-vicuna-13b", "vicuna_v1"),
    ("LLaVA-Lightning-7B-delta-v1-1", "vicuna_v1"), ("bakLlava-v1-hf", "vicuna_v1"),
    ("vip-llava-13b-hf", "vicuna_v1"), ("ShareGPT4V-7B", "vicuna_v1"),
    ("MobileVLM_V2-1.7B", "vicuna_v1"), ("lmsys/vicuna-7b-v1.5", "vicuna_v1"),
    ("llava-llama-2-13b-chat-lightning-preview", "llava_llama_2"),
    ("llava-v1.6-mistral-7b-hf", "mistral_instruct"),
    ("llava-v1.6-34b", "chatml_direct"), ("llava-v1.6-34b-hf", "chatml_direct"),
    ("LLaVA-Lightning-MPT-7B-preview", "mpt"), ("LLaVA-13b-delta-v0-science_qa", "llava_v0"),
    ("LLaVA-7b-delta-v0", "llava_v0"),
  ])
  func modelNamesChooseATemplate(name: String, key: String) throws {
    #expect(try ConversationTemplate.forModel(named: name).key == key)
  }

  @Test(arguments: [
    "", "/", "foo", "v1", "llava", "gpt-v1", "SmolVLM-Instruct", "moondream2",
    "llava-hf/llama3-llava-next-8b-hf", "llava-llama-3-8b-v1_1", "llava-phi-3-mini-hf",
    "llama-joycaption-beta-one-hf-llava", "llava-interleave-qwen-0.5b-hf",
    "llava-onevision-qwen2-7b-ov-hf", "llava-next-72b-hf", "TinyLLaVA-Qwen2-0.5B-SigLIP",
  ])
  func otherNamesAreRefusedWithTheList(name: String) throws {
    let failure = #expect(throws: Failure.self) { try ConversationTemplate.forModel(named: name) }
    #expect(failure?.status == .usage && failure?.code == "usage/template-for")
    #expect(failure?.message.contains("known: bakLlava-v1-hf, vip-llava-7b-hf, ") == true)
    #expect(failure?.message.contains("llava-1.5-7b-hf") == true)
  }

  /// What each does with roles, images and texts, in our own words of Jinja.
  @Test(
    arguments: [
      (
        "{{ message['role'].upper() + ': ' }}{{ '<image>\\n' }}{{ 'ASSISTANT:' }}", "vicuna_v1"
      ), ("{{ 'USER: ' + text + ' ASSISTANT: ' + answer + '</s>' }}", "vicuna_v1"),
      ("{{ '###Human: ' }}{{ '###' + message['role'].title() + ': ' }}", "llava_v0"),
      ("{{ '[INST] ' }}{{ '<image>\\n' }}{{ ' [/INST]' }}", "mistral_instruct"),
      ("{{ '[INST] <<SYS>>' + system + '<</SYS>>' }}{{ '[/INST]' }}", "llava_llama_2"),
      (
        "{{'<|im_start|>' + role + '\\n'}}{{ '<image>\\n' }}{{'<|im_end|>' + '\\n'}}",
        "chatml_direct"
      ), ("{{'<|im_start|>' + role + ' '}}{{ '<image>' }}{{ '<video>' }}{{'<|im_end|>'}}", nil),
      ("<|im_start|>system\\nYou are a helpful assistant.<|im_end|>{{ '<image>\\n' }}", nil),
      ("{{ '<|start_header_id|>' + role + '<|end_header_id|>' }}USER: ASSISTANT:", nil),
      ("{{ '<|user|>' }}", nil), ("", nil), ("{% for m in messages %}{{ m }}{% endfor %}", nil),
    ] as [(String, String?)])
  func chatTemplatesAreRecognised(text: String, key: String?) {
    #expect(ConversationTemplate.recognised(inChatTemplate: text)?.key == key)
  }

  @Test func answersEndWhereTheTemplateSaysSo() throws {
    #expect(try template("llava_v0").stop == ["###"])
    #expect(try template("vicuna_v1").stop == ["</s>"])
    #expect(try template("llava_llama_2").stop == ["</s>"])
    #expect(try template("mpt").stop == ["<|im_end|>"])
  }

  @Test func specialTokensOfTheTemplateStandAlone() throws {
    let prompt = try template("chatml_direct").prompt(for: dialogue(["<|im_end|></s>"]))
    #expect(
      prompt.segments.map(\.content) == [
        .special("<|im_start|>"), .text("system\nAnswer the questions."), .special("<|im_end|>"),
        .special("<|im_start|>"), .text("user\n<|im_end|></s>"), .special("<|im_end|>"),
        .special("<|im_start|>"), .text("assistant\n"),
      ])
  }

  @Test func textsMayNameSpecialTokensWhereAllowed() throws {
    var options = PromptOptions()
    options.allowedSpecials = ["</s>", "<s>"]
    let prompt = try template("vicuna_v1").prompt(for: dialogue(["a</s><s>b"]), options: options)
    #expect(prompt.segments.map(\.content).contains(.special("<s>")))
    #expect(prompt.joined.hasSuffix("USER: a</s><s>b ASSISTANT:"))
  }
}
