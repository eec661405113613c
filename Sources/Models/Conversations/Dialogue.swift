// What was said, by whom, and where images stand in it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Turns of a human and an assistant.
public struct Dialogue: Equatable, Sendable {
  public enum Speaker: Equatable, Sendable { case human, assistant }

  /// A piece of what is said.
  public enum Part: Equatable, Sendable {
    case text(String)
    /// The record's image with this number.
    case image(Int)
  }

  public struct Turn: Equatable, Sendable {
    public var speaker: Speaker
    public var parts: [Part]

    public init(_ speaker: Speaker, _ parts: [Part]) {
      self.speaker = speaker
      self.parts = parts
    }

    /// The text without the images.
    public var text: String {
      parts.reduce(into: "") { if case .text(let text) = $1 { $0 += text } }
    }

    /// The numbers of the images, in order.
    public var images: [Int] {
      parts.compactMap { if case .image(let number) = $0 { number } else { nil } }
    }

    var isEmpty: Bool { text.isEmpty && images.isEmpty }
  }

  public var turns: [Turn]

  public init(turns: [Turn] = []) { self.turns = turns }

  public var imageCount: Int { turns.reduce(0) { $0 + $1.images.count } }
}

/// Where a turn's images go, relative to its text.
public enum ImagePosition: String, CaseIterable, Sendable {
  /// Where the record has them.
  case keep
  /// In front, on a line of their own: LLaVA since version 1.0.0.
  case first
  /// Behind, on a line of their own.
  case after
  /// Before or behind the first turn's text, by chance: equation 2 of the paper.
  case random
}

extension Dialogue {
  /// Moves images as `position` says; text beside moved images loses its outer white space.
  ///
  /// - Parameter draw: decides between `first` and `after` where `position` is `random`.
  public mutating func placeImages(_ position: ImagePosition, draw: Bool) {
    for index in turns.indices where !turns[index].images.isEmpty {
      switch position {
      case .keep: return
      case .first: turns[index].moveImages(toFront: true)
      case .after: turns[index].moveImages(toFront: false)
      case .random:
        turns[index].moveImages(toFront: draw)
        return
      }
    }
  }
}

extension Dialogue.Turn {
  fileprivate mutating func moveImages(toFront: Bool) {
    let text = strippingWhitespace(text)
    var lines = images.map { Dialogue.Part.image($0) }
    if !text.isEmpty { lines.insert(.text(text), at: toFront ? lines.count : 0) }
    parts = []
    for line in lines {
      switch (line, parts.last) {
      case (_, nil): parts = [line]
      case (.text(let text), _): parts.append(.text("\n" + text))
      case (.image, .text(let text)?):
        parts[parts.count - 1] = .text(text + "\n")
        parts.append(line)
      case (.image, .image?): parts += [.text("\n"), line]
      }
    }
  }
}
