// The record that training reads: an image and what is said about it.
// SPDX-License-Identifier: Apache-2.0
import JSON

/// A question and its answer.
public struct QuestionAnswer: Equatable, Sendable {
  public var question: String
  public var answer: String

  public init(question: String, answer: String) {
    self.question = question
    self.answer = answer
  }
}

/// Where an image stands among the words.
let imageToken = "<image>"

/// Whether `<image>` stands in `text`, where training would look for an image.
public func holdsImageToken(_ text: String) -> Bool {
  var rest = text.utf8[...]
  while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
    rest = rest[start...]
    if rest.starts(with: imageToken.utf8) { return true }
    rest = rest.dropFirst()
  }
  return false
}

/// A record of LLaVA's: `id`, `image`, `conversations`, and `type`, the kind. The image stands on a
/// line of its own before or after the first question, and at no other.
public func instructionRecord(
  id: String, image: String, turns: [QuestionAnswer], kind: InstructionKind, imageFirst: Bool
) -> JSONObject {
  var conversations: [JSONValue] = []
  for (index, turn) in turns.enumerated() {
    var question = turn.question
    if index == 0 {
      question = imageFirst ? "\(imageToken)\n\(question)" : "\(question)\n\(imageToken)"
    }
    for (speaker, text) in [("human", question), ("gpt", turn.answer)] {
      conversations.append(.object(["from": .string(speaker), "value": .string(text)]))
    }
  }
  return [
    "id": .string(id), "image": .string(image), "conversations": .array(conversations),
    "type": .string(kind.rawValue),
  ]
}
