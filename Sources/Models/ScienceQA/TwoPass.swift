// LLaVA's first way to answer ScienceQA: it writes its reasons, and is then asked for the answer.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tokenizers

/// The records between and after the two passes (`--answer-prompter` of the reference's
/// `model_vqa_science.py`).
public enum TwoPass {
  /// The member that carries the reasons from the first pass to the end.
  public static let reasoning = "reasoning"
  /// What follows the reasons in the second prompt.
  static let prompter = " ###\nANSWER:"
  static let bridge = "\n The answer is "

  /// The record of the second pass: its prompt is that of the first, followed by the reasons and by
  /// the words that an answer follows.
  ///
  /// `first` has `text`, the reasons, and `prompt`, as `vicuna-decode --keep-prompt` leaves them. Token
  /// ids of the first prompt are left out, since they no longer say it all.
  ///
  /// Throws `scienceqa/first-pass` where one is missing, and what reading a prompt throws.
  public static func second(_ first: JSONObject) throws(Failure) -> JSONObject {
    guard let text = first["text"]?.string else {
      throw fault(
        "expected `text`, the reasons of the first pass", "let vicuna-decode answer first")
    }
    guard let member = first["prompt"] else {
      throw fault("expected the `prompt` of the first pass", "use vicuna-decode --keep-prompt")
    }
    var prompt = try Prompt(member)
    guard !prompt.isForTraining else {
      throw fault("expected a prompt to answer, found one to train by", "leave out --train")
    }
    append(text + prompter, to: &prompt.segments)
    prompt.tokens = nil
    var record = first
    record["prompt"] = prompt.json
    record[reasoning] = .string(text)
    for key in ["text", "finish_reason", "prompt_tokens", "completion_tokens"] { record[key] = nil }
    return record
  }

  /// The record with `text` as the reference stores it: the reasons, and `The answer is` with the
  /// second pass's answer. Throws `scienceqa/second-pass`.
  public static func joined(_ second: JSONObject) throws(Failure) -> JSONObject {
    guard let reasons = second[reasoning]?.string else {
      throw Failure(
        .invalidInput, code: "scienceqa/second-pass",
        "expected `\(reasoning)`, the reasons of the first pass",
        remedy: "join what vicuna-decode makes of the second prompts")
    }
    guard let answer = second["text"]?.string else {
      throw Failure(
        .invalidInput, code: "scienceqa/second-pass", "expected `text`, the second pass's answer",
        remedy: "let vicuna-decode answer the second prompts first")
    }
    var record = second
    record["text"] = .string(reasons + bridge + answer)
    record[reasoning] = nil
    return record
  }

  private static func append(_ text: String, to segments: inout [PromptSegment]) {
    if let last = segments.last, case .text(let before) = last.content {
      segments[segments.count - 1].content = .text(before + text)
    } else {
      segments.append(PromptSegment(.text(text)))
    }
  }

  private static func fault(_ message: String, _ remedy: String) -> Failure {
    Failure(.invalidInput, code: "scienceqa/first-pass", message, remedy: remedy)
  }
}
