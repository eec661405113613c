// Answers chat requests about scenes by rule: as a teacher that writes records, and as a judge.
// SPDX-License-Identifier: Apache-2.0
import Chat

/// The reply to `messages`, nil where they are about no scene that is known here.
func reply(to messages: [ChatMessage]) -> String? {
  guard let last = messages.last, last.role == .user else { return nil }
  let lines = last.content.split(separator: "\n", omittingEmptySubsequences: false)
  guard let scene = Scene(captions: lines) else { return nil }
  if let judged = Judged(lines) { return judged.verdict(scene) }
  return teach(scene, as: messages.last { $0.role == .assistant }?.content ?? "")
}

/// Does as the example does: turns of conversation, one puzzle, or a description.
private func teach(_ scene: Scene, as example: String) -> String {
  let turns = example.split(separator: "\n").filter { $0 == "Question:" }.count
  let questions = turns == 0 ? [] : turns == 1 ? [Scene.puzzle] : scene.questions
  guard !questions.isEmpty else { return scene.description }
  return questions.map { "Question:\n\($0)\n===\nAnswer:\n\(scene.answer(to: $0))" }
    .joined(separator: "\n===\n")
}

/// A question and two answers that a judge is asked about.
private struct Judged {
  let question: String
  let answers: [String]

  /// Nil where `lines` hold no two answers between `[… 1]` and `[End of … 1]`.
  init?(_ lines: [Substring]) {
    guard let asked = lines.firstIndex(of: "[Question]") else { return nil }
    question = lines[(asked + 1)...].prefix { !$0.hasPrefix("[") }.joined(separator: "\n")
    answers = [1, 2].compactMap { number in
      guard
        let start = lines.firstIndex(where: {
          $0.hasPrefix("[") && !$0.hasPrefix("[End of ") && $0.hasSuffix(" \(number)]")
        })
      else { return nil }
      return lines[(start + 1)...].prefix { !$0.hasPrefix("[End of ") }.joined(separator: "\n")
    }
    if answers.count != 2 { return nil }
  }

  /// Two scores of 1 to 10 by the words that an answer shares with the right one.
  func verdict(_ scene: Scene) -> String {
    let right = scene.answer(to: question)
    let scores = answers.map { score($0, right) }
    return "\(scores[0]) \(scores[1])\nThe answer that the captions give is: \(right)."
  }

  private func score(_ answer: String, _ right: String) -> Int {
    let (given, wanted) = (words(answer), words(right))
    var left = wanted
    for word in given { if let index = left.firstIndex(of: word) { left.remove(at: index) } }
    let shared = wanted.count - left.count
    guard shared > 0 else { return 1 }
    // F1: twice what both share, of what both have.
    return 1 + (18 * shared + (given.count + wanted.count) / 2) / (given.count + wanted.count)
  }

  private func words(_ text: String) -> [Substring] {
    text.split { !$0.isLetter && !$0.isNumber }
  }
}
