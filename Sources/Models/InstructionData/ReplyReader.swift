// Makes records of replies, or says why a reply is not taken.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import JSON
import Records

/// How to treat replies that were truncated at the token limit.
public enum TruncationPolicy: String, CaseIterable, Sendable {
  /// They are rejected.
  case skip
  /// Their whole questions and answers are taken.
  case keep
}

/// A rejected reply, and the reason: rejections are counted by its code.
public struct Rejection: Error {
  public let failure: Failure

  init(_ failure: Failure) { self.failure = failure }

  init(_ code: String, _ message: String, remedy: String? = nil) {
    failure = Failure(.invalidInput, code: code, message, remedy: remedy)
  }
}

/// Reads replies of one kind. Remembers the ids of those it took.
public struct ReplyReader {
  public let kind: InstructionKind
  public var seed: UInt64 = 0
  public var truncated = TruncationPolicy.skip
  /// Questions of detailed descriptions.
  public var instructions: PhraseList?
  public var leaks: LeakFilter?
  public var keepsDuplicates = false
  /// Members other than the record's own stay.
  public var keepsMembers = false
  /// How many of the records were cut replies.
  public private(set) var cutCount = 0
  /// How many had the id of one before.
  public private(set) var duplicateCount = 0
  private var taken: Set<ExactText> = []

  public init(kind: InstructionKind) { self.kind = kind }

  /// The record that the reply in `record` becomes, or why there is none.
  ///
  /// Throws what is wrong with the record itself: `chat/reply`, `record/image`, `context/captions`.
  public mutating func read(_ record: Record) throws(Failure) -> Result<JSONObject, Rejection> {
    let reply = try ChatReply(of: record.object)
    let images = try record.imagePaths()
    guard images.count == 1 else {
      throw Failure(
        .invalidInput, code: "record/image", "expected one image, found \(images.count)",
        remedy: "replies are to carry what the request did")
    }
    let caption = kind == .brief ? try self.caption(of: record.object) : nil
    let isDuplicate = taken.contains(ExactText(record.id))
    let draw = RecordDraw(seed: seed, id: record.id)
    let result = Result { () throws(Rejection) in
      guard keepsDuplicates || !isDuplicate else {
        throw Rejection("reply/duplicate-id", "a reply with this id was taken before")
      }
      return try turns(of: reply, caption: caption, draw)
    }
    return result.map { turns in
      taken.insert(ExactText(record.id))
      if reply.isTruncated { cutCount += 1 }
      if isDuplicate { duplicateCount += 1 }
      let made = instructionRecord(
        id: record.id, image: images[0], turns: turns, kind: kind,
        imageFirst: draw.putsImageFirst)
      return keepsMembers ? adding(record.object, to: made) : made
    }
  }

  private func adding(_ members: JSONObject, to made: JSONObject) -> JSONObject {
    var made = made
    let spent = ["id", "image", "images", "text", "finish_reason", "conversations", "type"]
    for (key, value) in members.members
    where !spent.contains(where: { $0.utf8.elementsEqual(key.utf8) }) {
      made[key] = value
    }
    return made
  }

  private func turns(of reply: ChatReply, caption: String?, _ draw: RecordDraw) throws(Rejection)
    -> [QuestionAnswer]
  {
    if let reason = reply.finishReason, reason.utf8.elementsEqual("content_filter".utf8) {
      throw Rejection("reply/filtered", "the teacher's filter ended the reply")
    }
    if let reason = reply.finishReason, reason.utf8.elementsEqual("error".utf8) {
      throw Rejection("reply/error", "the reply broke off (finish_reason error)")
    }
    let turns = try parsed(reply, caption: caption, draw)
    for turn in turns {
      let said = caption == nil ? [turn.question, turn.answer] : [turn.question]
      guard !holdsImageToken(turn.question), !holdsImageToken(turn.answer) else {
        throw Rejection(
          "reply/image-token",
          "\(imageToken) stands in a question or an answer, where training"
            + " would look for an image")
      }
      guard let leaks else { continue }
      if let phrase = said.lazy.compactMap(leaks.leak).first {
        throw Rejection(
          "reply/leak", "it betrays its source: '\(escapedForTerminal(phrase))'")
      }
    }
    return turns
  }

  private func parsed(_ reply: ChatReply, caption: String?, _ draw: RecordDraw) throws(Rejection)
    -> [QuestionAnswer]
  {
    let isCut = reply.isTruncated
    guard !isCut || truncated == .keep else {
      throw Rejection(
        "reply/truncated", "the reply was cut at the most tokens",
        remedy: "ask with more, or --truncated keep")
    }
    do throws(ReplyFault) {
      switch kind {
      case .conversation: return try ReplyParser.turns(reply.text, isCut: isCut)
      case .complex: return [try ReplyParser.onlyTurn(reply.text, isCut: isCut)]
      case .detail where !isCut:
        let text = try ReplyParser.plainText(reply.text)
        if let instructions {
          return [QuestionAnswer(question: draw.instruction(instructions), answer: text)]
        }
      case .brief where !isCut:
        let question = try ReplyParser.onlyQuestion(reply.text)
        return [QuestionAnswer(question: question, answer: caption ?? "")]
      case .detail, .brief: break
      }
    } catch {
      guard isCut else { throw Rejection(error.failure) }
    }
    throw Rejection("reply/truncated", "the reply was cut before anything in it was whole")
  }

  private func caption(of record: JSONObject) throws(Failure) -> String {
    if let caption = record["caption"]?.string.flatMap(oneLine) { return caption }
    throw Failure(
      .invalidInput, code: "context/captions", "expected `caption`, the answer, found none",
      remedy: "replies of this kind come from requests of prompt --kind brief --ask-teacher")
  }
}
