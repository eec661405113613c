// Makes what is known of an image a request to a teacher, or records of its captions.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// Which of an image's captions become answers of kind brief.
public enum CaptionPick: String, CaseIterable, Sendable {
  /// One by chance.
  case random
  case first
  /// All; where there are several, the records' ids end with -1, -2 and so on.
  case each
}

/// Makes lines of JSONL.
public struct RequestMaker: Sendable {
  /// What is made.
  public enum Making: Sendable {
    case requests(PromptSet)
    /// Finished records of kind brief, with a question of the list.
    case records(PhraseList)
  }

  public let kind: InstructionKind
  private let making: Making
  private let pick: CaptionPick
  private let seed: UInt64

  public init(kind: InstructionKind, making: Making, pick: CaptionPick, seed: UInt64) {
    self.kind = kind
    self.making = making
    self.pick = pick
    self.seed = seed
  }

  /// Whether the lines are finished records, so that nothing but records may stand among them.
  public var makesRecords: Bool {
    if case .records = making { true } else { false }
  }

  /// The lines that `record` becomes, whose captions and boxes are `context`: one, but for
  /// `CaptionPick.each`. All members of the record are in a request.
  ///
  /// Throws `record/image` where it has not one image, `context/captions` where a caption of kind
  /// brief holds `<image>`.
  public func lines(_ record: Record, _ context: ImageContext) throws(Failure) -> [[UInt8]] {
    let images = try record.imagePaths()
    guard images.count == 1 else {
      throw Failure(
        .invalidInput, code: "record/image", "expected one image, found \(images.count)",
        remedy: "give each record {\"image\":\"photo.jpg\",\"captions\":[\"…\"]}")
    }
    if kind != .brief, case .requests(let prompts) = making {
      return [prompts.request(record.identified, context.text(for: kind))]
    }
    var lines: [[UInt8]] = []
    for index in picked(context.captions.count, record.id) {
      let isOneOfSeveral = pick == .each && context.captions.count > 1
      let id = isOneOfSeveral ? "\(record.id)-\(index + 1)" : record.id
      let caption = context.captions[index]
      guard !holdsImageToken(caption) else {
        throw Failure(
          .invalidInput, code: "context/captions",
          "caption \(index + 1) holds \(imageToken), where training would look for an image")
      }
      lines.append(line(record, id: id, image: images[0], caption: caption))
    }
    return lines
  }

  private func line(_ record: Record, id: String, image: String, caption: String) -> [UInt8] {
    switch making {
    case .requests(let prompts):
      var object = record.identified
      object["id"] = .string(id)
      object["caption"] = .string(caption)
      return prompts.request(object, caption)
    case .records(let list):
      let draw = RecordDraw(seed: seed, id: id)
      let turn = QuestionAnswer(question: draw.instruction(list), answer: caption)
      return JSONValue.object(
        instructionRecord(
          id: id, image: image, turns: [turn], kind: kind, imageFirst: draw.putsImageFirst)
      ).serialized()
    }
  }

  private func picked(_ count: Int, _ id: String) -> [Int] {
    switch pick {
    case .random: [RecordDraw(seed: seed, id: id).caption(of: count)]
    case .first: [0]
    case .each: Array(0..<count)
    }
  }
}
