// The records that problems become: conversations to train and ask by, or instructions.
// SPDX-License-Identifier: Apache-2.0
import JSON

/// What the members of a record are, by the reference converter's two tasks.
public enum RecordTask: String, CaseIterable, Sendable {
  /// `convert_to_llava`: `id`, `image`, `conversations`.
  case llava
  /// `convert_to_jsonl`: `id`, `image`, `instruction`, `output`.
  case jsonl
}

/// How problems become records.
public struct PromptRecipe: Sendable {
  public var format: PromptFormat
  public var task: RecordTask
  /// Leaves the answer out.
  public var isTest: Bool
  /// Ends the question with the sentence by which LLaVA 1.5 is asked for a letter.
  public var asksForLetter: Bool

  public init(
    format: PromptFormat, task: RecordTask = .llava, isTest: Bool = false,
    asksForLetter: Bool = false
  ) {
    (self.format, self.task) = (format, task)
    (self.isTest, self.asksForLetter) = (isTest, asksForLetter)
  }

  /// `--single-pred-prompt` of the reference's `model_vqa_science.py`.
  static let letterSentence = "Answer with the option's letter from the given choices directly."

  /// The record of `problem`, with `image` only where it has a picture.
  public func record(of problem: Problem) -> JSONObject {
    var halves = format.halves(of: problem, isTest: isTest)
    if asksForLetter { halves.question += "\n\(Self.letterSentence)" }
    if problem.image != nil {
      halves.question =
        format == .version15 ? "<image>\n\(halves.question)" : "\(halves.question)\n<image>"
    }
    var record: JSONObject = ["id": .string(problem.id)]
    record["image"] = problem.imagePath.map(JSONValue.string)
    switch task {
    case .llava:
      let turns = [("human", halves.question), ("gpt", halves.answer)]
      record["conversations"] = .array(
        turns.map { .object(["from": .string($0), "value": .string($1)]) })
    case .jsonl:
      record["instruction"] = .string(halves.question)
      record["output"] = .string(halves.answer)
    }
    return record
  }
}
