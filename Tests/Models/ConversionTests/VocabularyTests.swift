// Tokens that one layout has and the other has not: their ids, their rows, their files.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Conversion

@Suite struct VocabularyTests {
  @Test func newRowsAreTheMean() throws {
    let directory = try TemporaryDirectory()
    let original = try convert(tinyModel, to: .original, in: directory, as: "original")
    let path = try convert(
      original, to: .huggingFace, in: directory, as: "back", vision: tinyModel)
    let weights = try #require(try Checkpoint.parts(at: path)[.language])
    for name in ["language.embed_tokens.weight", "language.lm_head.weight"] {
      let tensor = try weights.tensor(name)
      #expect(tensor.shape == [704, 192])
      let old = tensor.rows(0..<640).doubles()
      let row = tensor.rows(640..<641).doubles()
      for column in 0..<192 {
        let mean = (0..<640).reduce(0) { $0 + old[$1 * 192 + column] } / 640
        #expect(abs(row[column] - mean) <= abs(mean) / 250 + 1e-6)
      }
      #expect(tensor.rows(703..<704).doubles() == row)
    }
    let config = try object("\(path)/config.json")
    #expect(config["image_token_index"] == .int(640))
    #expect(config["pad_token_id"] == .int(641))
    #expect(config["text_config"]?.object?["vocab_size"] == .int(704))
  }

  @Test(arguments: [[], ["tokenizer.json"], ["tokenizer_config.json", "special_tokens_map.json"]])
  func tokensAreAddedToWhateverFilesThereAre(removed: [String]) throws {
    let directory = try TemporaryDirectory()
    let original = try convert(tinyModel, to: .original, in: directory, as: "original")
    #expect(try Tokenizer.load(directory: original).vocabularySize == 640)
    for name in removed { try FileManager.default.removeItem(atPath: "\(original)/\(name)") }
    let path = try convert(
      original, to: .huggingFace, in: directory, as: "back", vision: tinyModel)
    for file in ["tokenizer.model", "tokenizer.json"] {
      let tokenizer = try Tokenizer.load(path: "\(path)/\(file)")
      #expect(tokenizer.id(ofSpecial: "<image>") == 640)
      #expect(tokenizer.id(ofSpecial: "<pad>") == 641)
      #expect(tokenizer.vocabularySize == 642)
      let text = "<image> What colour is it?\nA blue triangle, é"
      #expect(try tokenizer.encode(text) == Tokenizer.load(directory: original).encode(text))
    }
    let config = try object("\(path)/tokenizer_config.json")
    #expect(config["pad_token"] == .string("<pad>"))
    let decoder = try #require(config["added_tokens_decoder"]?.object)
    #expect(decoder.keys.sorted() == ["0", "1", "2", "640", "641"])
    let again = try convert(path, to: .original, in: directory, as: "again")
    #expect(try Tokenizer.load(directory: again).vocabularySize == 640)
    #expect(!directory.names(in: "again").contains("added_tokens.json"))
    #expect(try object("\(again)/tokenizer_config.json")["pad_token"] == .string("<unk>"))
  }

  /// The first LLaVA's tokens stand among the vocabulary and around images.
  @Test func marksStay() throws {
    let directory = try TemporaryDirectory()
    let marks = ["<im_patch>", "<im_start>", "<im_end>"]
    let source = try variant(
      in: directory,
      tensors: { tensors in
        for name in ["model.embed_tokens.weight", "lm_head.weight"] {
          let old = try #require(tensors[name])
          let rows = try Tensor(old.elementType, shape: [643, 192])
          rows.withUnsafeMutableBytes { target in
            old.withUnsafeBytes { target.copyMemory(from: $0) }
          }
          tensors[name] = rows
        }
      },
      config: {
        $0["mm_use_im_start_end"] = .bool(true)
        // Without a name it could be of either generation that marks images.
        $0["_name_or_path"] = .string("LLaVA-Lightning-7B-v1-1")
      })
    var added = JSONObject()
    for (index, name) in marks.enumerated() { added[name] = .int(640 + index) }
    try directory.write(JSONValue.object(added).indented(), to: "variant/added_tokens.json")
    let config = try convert(source, to: .original, in: directory, as: "same", vision: tinyModel)
    #expect(try object("\(config)/config.json")["mm_use_im_start_end"] == .bool(true))
    #expect(try object("\(config)/config.json")["mm_use_im_patch_token"] == .bool(true))
    let path = try convert(
      source, to: .huggingFace, in: directory, as: "hf", vision: tinyModel)
    let tokenizer = try Tokenizer.load(directory: path)
    #expect(marks.map { tokenizer.id(ofSpecial: $0) } == [640, 641, 642])
    #expect(tokenizer.id(ofSpecial: "<image>") == 643)
    #expect(try object("\(path)/config.json")["vocab_size"] == .int(704))
    let template = String(decoding: try directory.read("hf/chat_template.jinja"), as: UTF8.self)
    #expect(template.contains("<im_start><image><im_end>"))
    let back = try convert(path, to: .original, in: directory, as: "back")
    try expectSameWeights(source, back)
    #expect(try Tokenizer.load(directory: back).vocabularySize == 643)
  }

  @Test func aModelThatHasItsPlacesIsLeftAlone() throws {
    let directory = try TemporaryDirectory()
    let path = try convert(tinyModel, to: .huggingFace, in: directory, as: "same")
    try expectSameWeights(tinyModel, path)
    for name in ["tokenizer.json", "tokenizer_config.json", "added_tokens.json"] {
      let expected = try Data(contentsOf: URL(fileURLWithPath: "\(tinyModel)/\(name)"))
      #expect(try directory.read("same/\(name)") == [UInt8](expected))
    }
  }

  @Test func noMeanIsMadeOfNaN() throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory) { tensors in
      let old = try #require(tensors["lm_head.weight"])
      let damaged = try old.withUnsafeBytes { try Tensor(.bf16, shape: old.shape, copying: $0) }
      damaged.withUnsafeMutableBytes {
        $0.storeBytes(of: 0x7FC1, toByteOffset: 64, as: UInt16.self)
      }
      tensors["lm_head.weight"] = damaged
    }
    #expect(
      code {
        try convert(source, to: .huggingFace, in: directory, as: "out", vision: tinyModel)
      } == "convert/not-finite")
    #expect(directory.names == ["variant"])
    // Where no row is made the NaN is carried over, to the bit.
    try expectSameWeights(
      source, try convert(source, to: .original, in: directory, as: "out", vision: tinyModel))
  }

  @Test func chatTemplatesAreRecognised() throws {
    let directory = try TemporaryDirectory()
    let original = try convert(tinyModel, to: .original, in: directory, as: "llava-v1.5-tiny")
    let path = try convert(
      original, to: .huggingFace, in: directory, as: "back", vision: tinyModel)
    let text = String(decoding: try directory.read("back/chat_template.jinja"), as: UTF8.self)
    #expect(text.contains("USER: ") && text.contains("ASSISTANT:") && text.contains("</s>"))
    #expect(try object("\(path)/chat_template.json")["chat_template"] == .string(text))
    // A template that the model brings is its own.
    try directory.write("{{ mine }}", to: "llava-v1.5-tiny/chat_template.jinja")
    try convert(original, to: .huggingFace, in: directory, as: "mine", vision: tinyModel)
    #expect(try directory.read("mine/chat_template.jinja") == Array("{{ mine }}".utf8))
  }
}
