// Training sequences against the ids and labels that LLaVA's preprocessing makes.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import Conversations

@Suite struct TrainingPromptTests {
  private func options(_ key: String) -> PromptOptions {
    var options = PromptOptions()
    if key == "llava_v0" { options.compatibility = .referenceV0 }
    return options
  }

  @Test(arguments: [true, false])
  func masksAreThoseOfTheReference(legacy: Bool) throws {
    let tokenizer = try Models.tokenizer("\(Models.golden)/llama.model", legacy: legacy)
    let bytes = try readWholeFile("\(Models.golden)/ids.json", limit: 1 << 20)
    let rows = try #require(JSONValue(parsing: bytes).object?["training"]?.array)
    var compared: Set<String> = []
    for row in rows.compactMap(\.object) where row["legacy"]?.bool == legacy {
      let key = try #require(row["template"]?.string)
      let turns = try #require(row["turns"]?.array).compactMap(\.string)
      let prompt = try template(key).trainingPrompt(for: dialogue(turns), options: options(key))
      let tokens = try prompt.encoded(by: tokenizer)
      #expect(tokens.reference == row["ids"]?.array?.compactMap(\.int), "\(key) \(turns)")
      if let spans = row["loss"]?.array?.map({ $0.array?.compactMap(\.int) ?? [] }) {
        #expect(tokens.referenceSpans == spans, "\(key) \(turns)")
      } else {
        #expect(key == "llava_v0")
      }
      compared.insert(key)
    }
    #expect(compared == ["llava_v1", "llava_llama_2", "llava_v0", "plain"])
  }

  /// Separators in what people say move no loss: the mask follows the structure.
  @Test func separatorsInTextsMoveNoLoss() throws {
    let tokenizer = try Models.tokenizer("\(Models.golden)/llama.model", legacy: true)
    var generator = SeededGenerator(seed: 5)
    let words = [
      "cat", " ASSISTANT: ", "USER:", "</s>", "###", "[/INST]", "<|im_end|>", "\n", "<s>", " dog",
    ]
    for _ in 0..<300 {
      let count = Int.random(in: 1...3, using: &generator) * 2
      let turns = (0..<count).map { _ in
        let length = Int.random(in: 1...5, using: &generator)
        return (0..<length).compactMap { _ in words.randomElement(using: &generator) }.joined()
      }
      for key in ["vicuna_v1", "llava_llama_2", "llava_v0"] {
        let prompt = try template(key).trainingPrompt(for: dialogue(turns))
        let tokens = try prompt.encoded(by: tokenizer)
        #expect(tokens.lossSpans.count == count / 2)
        for (span, turn) in zip(tokens.lossSpans, stride(from: 1, to: count, by: 2)) {
          let end = ["vicuna_v1": "", "llava_llama_2": " ", "llava_v0": "###"][key] ?? ""
          #expect(tokenizer.decode(tokens.ids[span]) == turns[turn] + end)
        }
        let plain = prompt.segments.filter { if case .text = $0.content { true } else { false } }
        #expect(plain.filter(\.carriesLoss).count == count / 2)
      }
    }
  }

  @Test func mptSupervisesAnswersAndTheirEnd() throws {
    let prompt = try template("mpt").trainingPrompt(for: dialogue(["<image>\nQ", "A"]))
    let loss = prompt.segments.filter(\.carriesLoss).map(\.content)
    #expect(loss == [.text("A"), .special("<|im_end|>")])
  }

  @Test func plainTakesAnImageAndItsCaptionOnly() throws {
    for turns in [["Q", "A"], ["<image>", "A", "Q", "A"], ["<image>\nQ"], []] {
      #expect { try template("plain").trainingPrompt(for: dialogue(turns)) } throws: {
        ($0 as? Failure)?.code == "conversation/plain"
      }
    }
  }

  @Test func v0LearnsItsOwnPromptUnlessTheReferenceIsAskedFor() throws {
    let turns = dialogue(["<image>\nQ", "A", "Q2", "A2"])
    let template = try template("llava_v0")
    let training = try template.trainingPrompt(for: turns)
    #expect(
      training.joined == ConversationTemplate.humanSystem
        + "###Human: <image>\nQ###Assistant: A###Human: Q2###Assistant: A2###")
    #expect(
      training.segments.filter(\.carriesLoss).map(\.content) == [.text(" A###"), .text(" A2###")])
    let reference = try template.trainingPrompt(for: turns, options: options("llava_v0"))
    let lines = "### Human: <image>\nQ\n### Assistant: A\n### Human: Q2\n### Assistant: A2\n### "
    #expect(reference.joined == ConversationTemplate.humanSystem + "\n\n" + lines)
  }

  @Test func taggedImagesStandBetweenTags() throws {
    let prompt = try template("v1_mmtag").trainingPrompt(for: dialogue(["<image>\nQ", "A"]))
    #expect(prompt.joined.contains("USER: <Image><image></Image>\nQ ASSISTANT: A</s>"))
  }

  @Test func imageTokensSurroundImages() throws {
    var options = PromptOptions()
    options.usesImageTokens = true
    let prompt = try template("v1").prompt(for: dialogue(["<image>\nQ"]), options: options)
    #expect(
      prompt.segments.map(\.content).dropFirst().prefix(3) == [
        .special("<im_start>"), .image(0), .special("<im_end>"),
      ])
  }
}

/// An opening that is not the human's: v1, llama_2 and mpt pass over it, the reference's v0 does not.
@Suite struct OpeningAnswerTests {
  private func made(_ key: String, reference: Bool, _ turns: [String]) throws -> Prompt {
    var options = FormatOptions(template: try template(key))
    options.isForTraining = true
    options.prompt.compatibility = reference ? .referenceV0 : nil
    let entries = turns.map { turn in
      let parts = turn.split(separator: ":", maxSplits: 1)
      return JSONValue.object(["from": .string("\(parts[0])"), "value": .string("\(parts[1])")])
    }
    var notes: [FormatNote] = []
    let record: JSONObject = ["id": .string("1"), "conversations": .array(entries)]
    return try Prompt(
      #require(RecordFormatter(options).format(record, notes: &notes)["prompt"]))
  }

  @Test func theReferencesV0TrainsOnIt() throws {
    let turns = ["gpt:Hello", "human:Q", "gpt:A"]
    let prompt = try made("llava_v0", reference: true, turns)
    let system = ConversationTemplate.humanSystem
    #expect(
      prompt.joined == system + "\n\n### Assistant: Hello\n### Human: Q\n### Assistant: A\n### ")
    let learned = prompt.segments.filter(\.carriesLoss).map(\.content)
    #expect(
      learned == [.text("### Assistant: Hello\n###"), .text("### Assistant: A\n### ")])
    #expect(try made("llava_v0", reference: true, ["gpt:Hello"]).joined.hasSuffix("Hello\n### "))
  }

  @Test(arguments: ["vicuna_v1", "llava_llama_2", "mpt", "llava_v0"])
  func othersPassOverIt(key: String) throws {
    let reference = key != "llava_v0"
    let with = try made(key, reference: reference, ["gpt:Hello", "human:Q", "gpt:A"])
    #expect(try with == made(key, reference: reference, ["human:Q", "gpt:A"]))
  }

  @Test func turnsAlternateAllTheSame() throws {
    for turns in [["gpt:a", "gpt:b"], ["gpt:a", "human:b"], ["gpt:a", "human:b", "human:c"]] {
      #expect(throws: Failure.self) { try made("llava_v0", reference: true, turns) }
    }
  }
}
