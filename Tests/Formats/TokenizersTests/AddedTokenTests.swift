// Added tokens against the `tokenizers` library, and which of them a text may call for.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct AddedTokenTests {
  /// The changed tokenizer of each golden case.
  private func cases() throws -> [(case: JSONObject, tokenizer: Tokenizer)] {
    let cases = try JSONValue(
      parsing: readWholeFile("\(Golden.directory)/added-tokens.json", limit: 64 << 20))
    return try #require(cases.array).map { value in
      let changes = try #require(value.object)
      let base = try #require(changes["base"]?.string)
      let bytes = try readWholeFile("\(Golden.directory)/\(base)", limit: 1 << 20)
      var document = try #require(JSONValue(parsing: bytes).object)
      document["added_tokens"] = changes["added_tokens"]
      if let normalizer = changes["normalizer"] { document["normalizer"] = normalizer }
      var model = try #require(document["model"]?.object)
      for (key, value) in changes["model"]?.object?.members ?? [] { model[key] = value }
      document["model"] = .object(model)
      return (changes, try Tokenizer(FastTokenizerFile(.object(document)).parts))
    }
  }

  @Test func idsAreThoseOfTheLibrary() throws {
    for (number, (changes, tokenizer)) in try cases().enumerated() {
      let rows = try #require(changes["rows"]?.array).compactMap(\.object)
      #expect(rows.count >= 50)
      for row in rows {
        let text = try #require(row["text"]?.string)
        let ids = try #require(Golden.ids(row["ids"]))
        #expect(tokenizer.encode(text) == ids, "case \(number): \(text.debugDescription)")
      }
    }
  }

  @Test func specialTokensTakeTheSpaceBesideThem() throws {
    var count = 0
    for (number, (changes, tokenizer)) in try cases().enumerated() {
      for row in changes["segments"]?.array ?? [] {
        let segments = try #require(row.object?["segments"]?.array).map { segment in
          let words = try #require(segment.array).compactMap(\.string)
          return words[0] == "text" ? Tokenizer.Segment.text(words[1]) : .special(words[1])
        }
        let found = try tokenizer.encode(segments: segments, addBOS: false)
        #expect(found.tokens == Golden.ids(row.object?["ids"]), "case \(number): \(segments)")
        #expect(found.origins == found.origins.sorted())
        count += 1
      }
    }
    #expect(count >= 20)
  }

  // MARK: Beside a tokenizer.model.

  private static let ordinary = """
    {"legacy":false,"added_tokens_decoder":{
      "400":{"content":"<x>","special":false},"401":{"content":"<im>","special":true},
      "402":{"content":"<r>","special":false,"rstrip":true},"1":{"content":"<s>","special":false},
      "403":{"content":"<eos>","special":false}},"eos_token":"<eos>"}
    """

  private func model(_ config: String) throws -> Tokenizer {
    let directory = try TemporaryDirectory()
    try directory.write(
      readWholeFile("\(Golden.directory)/llama.model", limit: 1 << 20), to: "tokenizer.model")
    try directory.write(config, to: "tokenizer_config.json")
    return try Tokenizer.load(directory: directory.path)
  }

  @Test func ordinaryTokensStayWholeInText() throws {
    let tokenizer = try model(Self.ordinary)
    let plain = try model("{\"legacy\":false}")
    func inner(_ text: String) -> [Int32] { plain.encode(text, dummyPrefix: false) }
    #expect(tokenizer.encode("a <x> b") == plain.encode("a ") + [400] + inner(" b"))
    #expect(tokenizer.encode("a<r>  b") == plain.encode("a") + [402] + inner("b"))
    // As LlamaTokenizer of transformers 4.37 has it.
    #expect(tokenizer.encode("<x>b") == plain.encode(" ", dummyPrefix: false) + [400] + inner("b"))
  }

  @Test func specialTokensAreInertWhateverTheFilesSay() throws {
    let tokenizer = try model(Self.ordinary)
    for name in ["<im>", "<s>", "<eos>"] {
      let id = try #require(tokenizer.id(ofSpecial: name))
      #expect(!tokenizer.encode("a \(name) b").contains(id), "\(name)")
      #expect(tokenizer.isSpecial(id), "\(name)")
    }
    #expect(tokenizer.specialNames == ["</s>", "<eos>", "<im>", "<s>", "<unk>"])
  }

  @Test func ordinaryTokensAreTextAndHaveNames() throws {
    let tokenizer = try model(Self.ordinary)
    #expect(tokenizer.decode(tokenizer.encode("a <x> b")) == "a <x> b")
    #expect(tokenizer.decode([400, 401, 400]) == "<x><x>")
    #expect(try tokenizer.encode(segments: [.special("<x>")]).tokens == [1, 400])
  }

  @Test func tokensBelongToTheSegmentInWhichTheyBegin() throws {
    let tokenizer = try model(Self.ordinary)
    let encoding = try tokenizer.encode(segments: [
      .text("the <"), .text("x>"), .text(" cat"), .text("<r>  "), .text(""), .text(" dog"),
    ])
    let at = try #require(encoding.tokens.firstIndex(of: 400))
    #expect(encoding.origins[at] == 0)
    #expect(encoding.origins[(at + 1)...].contains(2))
    #expect(encoding.origins == encoding.origins.sorted())
    #expect(Set(encoding.origins) == [-1, 0, 2, 3, 5])
  }

  @Test func namesAreBytes() throws {
    let tokenizer = try model(
      #"{"added_tokens_decoder":{"400":{"content":"<\u00e9>","special":false},"#
        + #""401":{"content":"<e\u0301>","special":false}}}"#)
    #expect(tokenizer.id(ofSpecial: "<\u{e9}>") == 400)
    #expect(tokenizer.id(ofSpecial: "<e\u{301}>") == 401)
    #expect(tokenizer.encode("<e\u{301}><\u{e9}>") == [401, 400])
  }
}
