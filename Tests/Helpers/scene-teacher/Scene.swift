// The tiny model's world in words: what captions say of a scene, and what can be said about it.
// SPDX-License-Identifier: Apache-2.0

/// A large and a small shape, each a colour and a form such as `red circle`.
struct Scene {
  let large: Thing
  let relation: String
  let small: Thing

  struct Thing: Equatable {
    let colour: String
    let form: String
    var name: String { "\(colour) \(form)" }
  }

  static let opposites = [
    "left of": "right of", "right of": "left of", "above": "below", "below": "above",
  ]
  private static let colours = ["red", "green", "blue", "yellow", "purple", "orange"]
  private static let forms = ["circle", "square", "triangle", "star"]

  /// The scene of the first line that says all of it: `a red circle left of a blue square`.
  init?(captions: some Collection<Substring>) {
    for line in captions {
      let words = line.split(separator: " ").map(String.init).filter { $0 != "of" }
      guard words.count == 7, ["a", "an"].contains(words[0]), ["a", "an"].contains(words[4]),
        let large = Thing(words[1], words[2]), let small = Thing(words[5], words[6])
      else { continue }
      let relation = ["left", "right"].contains(words[3]) ? "\(words[3]) of" : words[3]
      guard Self.opposites[relation] != nil else { continue }
      (self.large, self.relation, self.small) = (large, relation, small)
      return
    }
    return nil
  }

  /// Small before large, with their sizes: unlike the captions, so that it has to be learned.
  var description: String {
    "a small \(small.name) \(opposite) a large \(large.name)"
  }

  var opposite: String { Self.opposites[relation] ?? relation }

  /// What is asked of a scene in conversation, and of someone who has to think.
  var questions: [String] {
    [
      small.colour == large.colour ? "Is there a \(small.name)?" : "What shape is \(small.colour)?",
      "Is there a \(large.colour) \(Self.forms.first { $0 != large.form && $0 != small.form } ?? "")?",
      "Where is the \(large.name)?",
    ]
  }
  static let puzzle = "Which shape could hide the other?"

  /// The right answer; a description where the question is none of those above.
  func answer(to question: some StringProtocol) -> String {
    let things = [large, small]
    let text = question.trimming
    if text == Self.puzzle { return "the \(large.name), as it is larger" }
    if let thing = things.first(where: { text == "Where is the \($0.name)?" }) {
      return thing == large ? "\(relation) the \(small.name)" : "\(opposite) the \(large.name)"
    }
    if let thing = things.first(where: { text == "What shape is \($0.colour)?" }) {
      return thing.form
    }
    if text.hasPrefix("Is there a") {
      return things.contains { text.hasSuffix(" \($0.name)?") } ? "yes" : "no"
    }
    return description
  }
}

extension Scene.Thing {
  fileprivate init?(_ colour: String, _ form: String) {
    guard Scene.isColour(colour), Scene.isForm(form) else { return nil }
    (self.colour, self.form) = (colour, form)
  }
}

extension Scene {
  fileprivate static func isColour(_ word: String) -> Bool { colours.contains(word) }
  fileprivate static func isForm(_ word: String) -> Bool { forms.contains(word) }
}

extension StringProtocol {
  var trimming: String {
    String(String(drop { $0.isWhitespace }.reversed()).drop { $0.isWhitespace }.reversed())
  }
}
