// The journal of answers: requests answered in an interrupted run are not sent again.
// SPDX-License-Identifier: Apache-2.0
import Chat
import HTTP
import InputOutput
import JSON

/// A file of JSON lines: a heading, then for each answer the digest of its request and the answer.
/// Neither messages nor keys are in it. A line leaves in one write; a last line that was not finished
/// is cut off when the file is next opened.
public final class Journal {
  /// The tokens and money spent on the answers in it.
  public private(set) var spending = Spending()
  /// Answers that were in it when it was opened.
  public private(set) var count = 0
  /// Bytes of a last line that was not finished, and has been cut off.
  public private(set) var tornBytes = 0
  private let file: AppendFile
  /// Where the answers to each request are, in their order: the same may have been asked twice.
  private var places: [String: [Range<Int>]] = [:]

  private static let heading = #"{"journal":"chat-complete","version":1}"#

  /// Opens or makes the journal `path`.
  ///
  /// Throws what `AppendFile` throws; `journal/other` for a file that is none, of which nothing is
  /// changed; `journal/damaged` where a line of it is not whole.
  public init(path: String) throws(Failure) {
    file = try AppendFile(path: path)
    let heading = Array(Self.heading.utf8) + [0x0A]
    let start = try file.read(at: 0, count: heading.count)
    if start.count < heading.count, heading.starts(with: start) {
      tornBytes = start.count
      try file.truncate(to: 0)
      try file.append(heading)
      return
    }
    guard start == heading else {
      throw Failure(
        .invalidInput, code: "journal/other", at: path,
        "expected a journal of chat-complete, found another file", remedy: "name a new file")
    }
    try readLines(from: heading.count)
  }

  /// Whether `path` is the journal's file.
  public func isSameFile(as path: String) -> Bool { file.isSameFile(as: path) }

  private func readLines(from start: Int) throws(Failure) {
    var number = 1
    let torn = try file.readLines(from: start) { (line, place) throws(Failure) in
      number += 1
      try take(line, at: place, number: number)
    }
    tornBytes = torn.count
    if tornBytes > 0 { try file.truncate(to: file.size - tornBytes) }
  }

  private func take(_ line: [UInt8], at place: Range<Int>, number: Int) throws(Failure) {
    guard let object = try? JSONValue(parsing: line).object,
      let digest = object["request"]?.string, let reply = try? Self.reply(in: object),
      let prompt = object["prompt_estimate"]?.int
    else {
      throw Failure(
        .invalidInput, code: "journal/damaged", at: "\(file.path): line \(number)",
        "expected an answer, found something else",
        remedy: "restore the file, or remove that line: its request is asked again")
    }
    places[digest, default: []].append(place)
    spending.add(reply, to: TokenEstimate(prompt: max(0, min(prompt, mostTokens)), completion: nil))
    count += 1
  }

  private static func reply(in object: JSONObject) throws(Failure) -> ChatReply {
    try ChatReply(of: object["reply"]?.object ?? JSONObject())
  }

  /// The answer to a request of `digest`; each is given once.
  public func take(_ digest: String) throws(Failure) -> ChatReply? {
    guard let place = places[digest]?.first else { return nil }
    places[digest]?.removeFirst()
    let line = try file.read(at: place.lowerBound, count: place.count)
    guard let object = try? JSONValue(parsing: line).object else {
      throw Failure(
        .invalidInput, code: "journal/damaged", at: "\(file.path):byte \(place.lowerBound)",
        "the file was changed while it was used", remedy: "run it again")
    }
    return try Self.reply(in: object)
  }

  /// Adds an answer. Where that fails, the file is as it was.
  public func add(_ reply: ChatReply, digest: String, estimate: TokenEstimate) throws(Failure) {
    let line: JSONObject = [
      "request": .string(digest), "prompt_estimate": .int(estimate.prompt),
      "reply": .object(reply.record(of: JSONObject())),
    ]
    try file.append(JSONValue.object(line).serialized() + [0x0A])
  }

  /// Flushes what was added, so that it survives a power cut.
  public func finish() throws(Failure) { try file.synchronize() }
}

/// The digest by which a journal knows a request: of the address and of all that is sent, so that a
/// request with another model, text or temperature is another one.
public func requestDigest(_ body: [UInt8], to address: HTTPAddress) -> String {
  var hash = SHA256()
  hash.update("chat-complete 1\n\(address.text)\n")
  hash.update(body)
  return hash.hexadecimal()
}
