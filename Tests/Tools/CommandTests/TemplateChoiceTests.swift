// Which template convo-format uses: the user's, the model's name's, the checkpoint's own.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct TemplateChoiceTests {
  private func template(_ options: String, _ model: TemporaryDirectory, environment: Bool = false)
    throws -> String?
  {
    let result = try Shell.bash(
      "convo-format --plain --ask x \(options)", input: Array("a.jpg\n".utf8),
      environment: environment ? ["LLAVA_MODEL": model.path] : [:])
    #expect(result.status == 0, "\(result.errors)")
    let object = try result.objects().first
    return object?["prompt"]?.object?["template"]?.string
  }

  @Test func theCheckpointDecidesUnlessTheUserDoes() throws {
    let model = try TemporaryDirectory()
    let options = "-m \(model.path)"
    #expect(try template(options, model) == "vicuna_v1")
    try model.write("{{ '[INST] ' + text + ' [/INST]' }}", to: "chat_template.jinja")
    #expect(try template(options, model) == "mistral_instruct")
    #expect(try template("", model, environment: true) == "mistral_instruct")
    #expect(try template("\(options) --template llava_v0", model) == "llava_v0")
    #expect(try template("\(options) --template-for llava-1.5-7b-hf", model) == "vicuna_v1")
    try model.write("{{ '<|start_header_id|>' }}", to: "chat_template.jinja")
    let refused = try Shell.bash("convo-format --ask x \(options)", input: Array("a.jpg\n".utf8))
    #expect(refused.status == 6 && refused.output.isEmpty)
    #expect(refused.errors.contains("chat_template.jinja: expected the chat template of a LLaVA"))
    #expect(try template("\(options) --template vicuna_v1", model) == "vicuna_v1")
  }

  @Test func aModelThatIsNotThereIsSaid() throws {
    let found = try Shell.bash("convo-format --ask x -m /nowhere", input: Array("a.jpg\n".utf8))
    #expect(found.status == 4 && found.errors.contains("/nowhere: there is no such"))
  }

  @Test func unknownNamesAreRefused() throws {
    let found = try Shell.bash("convo-format --template-for foo", input: Array("a.jpg\n".utf8))
    #expect(found.status == 2 && found.output.isEmpty)
    #expect(found.errors.contains("no family is known for the name foo; known: "))
  }
}
