// LLaVA's own records as questions with a teacher's answers: what instruct-gen makes of unseen images.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension JudgeEntry {
  /// The question: `text`, else `question`, else the last turn of the human's in `conversations`,
  /// without the image's place.
  var question: String? {
    object["text"]?.string ?? object["question"]?.string
      ?? lastTurn("human").map { strippingWhitespace(replacing("<image>", in: $0, with: "")) }
  }

  /// The answer: `text`, else the last turn of the assistant's in `conversations`.
  var answer: String? { object["text"]?.string ?? lastTurn("gpt") }

  /// `category`, else what `type` says in the words of the rules.
  var category: String? {
    if let category = object["category"]?.string { return category }
    let type = object["type"]?.string
    return type.map { $0.utf8.elementsEqual("conversation".utf8) ? "conv" : $0 }
  }

  private func lastTurn(_ speaker: String) -> String? {
    object["conversations"]?.array?.last {
      $0.object?["from"]?.string.map { $0.utf8.elementsEqual(speaker.utf8) } == true
    }?.object?["value"]?.string
  }
}
