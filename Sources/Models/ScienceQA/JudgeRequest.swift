// The requests that ask a chat model which of two answers to a problem is right.
// SPDX-License-Identifier: Apache-2.0
import Chat
import JSON

/// A request for the judge's scheme (LLaVA paper, section 5.2), in words of our own.
public enum JudgeRequest {
  /// The request about `problem`, with its id; `ours` and `other` are what the two models said.
  public static func make(_ problem: Problem, ours: String, other: String) -> JSONObject {
    let question = PromptFormat.reference(.plain, .answer).halves(of: problem).question
    let picture =
      problem.image == nil
      ? ""
      : " The question comes with a picture that you cannot see; answer 1 was given in its sight."
    let text = """
      Question: \(question)

      Answer 1: \(ours)

      Answer 2: \(other)

      These are two answers to the same question, and they choose different options.\(picture) Weigh \
      both, work out which option is right, and end with one sentence of the form "The answer is X." \
      where X is the option's letter. Write that sentence once.
      """
    return ChatRequest.make(
      ["id": .string(problem.id)],
      [
        ChatMessage(.system, "You decide between two answers to a question of a science exam."),
        ChatMessage(.user, text),
      ])
  }
}
