// Ids against those of the original libraries, for small models and some 200 strings.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Tokenizers

enum Golden {
  static let directory = "\(packageRoot)/Tests/Golden/text"

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer.load(path: "\(directory)/\(name)")
  }

  static func rows(_ key: String) throws -> [JSONObject] {
    let bytes = try readWholeFile("\(directory)/ids.json", limit: 1 << 20)
    return try #require(JSONValue(parsing: bytes).object?[key]?.array).compactMap(\.object)
  }

  static func ids(_ value: JSONValue?) -> [Int32]? {
    value?.array?.compactMap { $0.int.flatMap(Int32.init(exactly:)) }
  }
}

@Suite struct GoldenIdsTests {
  @Test(arguments: [
    ("llama.model", "llama"), ("plain.model", "plain"), ("llama.json", "fast"),
    ("metaspace.json", "metaspace"),
  ])
  func idsAreThoseOfTheOriginal(file: String, key: String) throws {
    let tokenizer = try Golden.tokenizer(file)
    let rows = try Golden.rows("strings")
    #expect(rows.count >= 200)
    for row in rows {
      let text = try #require(row["text"]?.string)
      #expect(tokenizer.encode(text) == Golden.ids(row[key]), "\(text.debugDescription)")
    }
  }

  @Test func decodingIsThatOfTheOriginal() throws {
    let tokenizer = try Golden.tokenizer("llama.model")
    for row in try Golden.rows("strings") {
      let ids = try #require(Golden.ids(row["llama"]))
      let text = try #require(row["decoded"]?.string)
      #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8), "\(text.debugDescription)")
    }
    for row in try Golden.rows("decode") {
      let ids = try #require(Golden.ids(row["ids"]))
      let text = try #require(row["text"]?.string)
      #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8), "\(ids)")
    }
  }

  @Test(arguments: [("legacy", true), ("modern", false)])
  func segmentsAreEncodedAsBySlowTokenizers(key: String, legacy: Bool) throws {
    let directory = try temporaryModel(config: "{\"legacy\":\(legacy)}")
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let tokenizer = try Tokenizer.load(directory: directory)
    for row in try Golden.rows("dialogues") {
      let segments = try #require(row["segments"]?.array).map { segment in
        let words = try #require(segment.array).compactMap(\.string)
        switch words[0] {
        case "text": return Tokenizer.Segment.text(words[1])
        case "special": return .special(words[1])
        default: return .image
        }
      }
      let encoding = try tokenizer.encode(segments: segments)
      #expect(encoding.tokens == Golden.ids(row[key]), "\(segments)")
      #expect(encoding.imagePositions == row["images_\(key)"]?.array?.compactMap(\.int))
      #expect(encoding.origins.count == encoding.tokens.count)
    }
  }

  /// A directory with the tiny LLaMA model and `config` as tokenizer_config.json.
  private func temporaryModel(config: String) throws -> String {
    let directory = NSTemporaryDirectory() + "tokenizer-" + UUID().uuidString
    let files = FileManager.default
    try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try files.copyItem(
      atPath: "\(Golden.directory)/llama.model", toPath: "\(directory)/tokenizer.model")
    try Data(config.utf8).write(to: URL(fileURLWithPath: "\(directory)/tokenizer_config.json"))
    return directory
  }
}
