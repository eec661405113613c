// Reads `tokenizer.model`: the ModelProto message that SentencePiece writes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What a model file says, field by field; the numbers are those of sentencepiece_model.proto.
struct SentencePieceModel {
  private(set) var pieces: [Vocabulary.Piece] = []
  private(set) var normalizer = Vocabulary.Normalizer()
  private(set) var byteFallback = false
  private(set) var bosPiece = "<s>"
  private(set) var eosPiece = "</s>"

  init(_ bytes: [UInt8]) throws(Failure) {
    var modelType: Int32 = 1
    var reader = WireReader(bytes[...])
    while let (field, value) = try reader.next() {
      switch (field, value.message) {
      case (1, let message?): try readPiece(message)
      case (2, let message?): try readTrainer(message, &modelType)
      case (3, let message?): try readNormalizer(message)
      default: break
      }
    }
    guard modelType == 2 else {
      throw Self.unsupported("a model of type \(modelType), expected byte-pair encoding (2)")
    }
  }

  private mutating func readPiece(_ message: ArraySlice<UInt8>) throws(Failure) {
    guard pieces.count < Vocabulary.sizeLimit else {
      throw Vocabulary.fault("more than \(Vocabulary.sizeLimit) pieces")
    }
    var piece = Vocabulary.Piece(text: "", score: 0, kind: .normal)
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: piece.text = try Self.need(value.text, "the text of piece \(pieces.count)")
      case 2: piece.score = try Self.need(value.float, "the score of piece \(pieces.count)")
      case 3:
        let kind = value.int32.flatMap(Vocabulary.Kind.init)
        piece.kind = try Self.need(kind, "the type of piece \(pieces.count)")
      default: break
      }
    }
    pieces.append(piece)
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>, _ modelType: inout Int32)
    throws(Failure)
  {
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 3: modelType = try Self.need(value.int32, "model_type")
      case 24 where value.flag == true:
        throw Self.unsupported("spaces at the end of pieces (treat_whitespace_as_suffix)")
      case 35: byteFallback = try Self.need(value.flag, "byte_fallback")
      case 46: bosPiece = try Self.need(value.text, "bos_piece")
      case 47: eosPiece = try Self.need(value.text, "eos_piece")
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(Failure) {
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 2:
        // A map means NFKC or the like. LLaMA's model is the identity.
        guard value.message?.isEmpty == true else {
          throw Self.unsupported("a normaliser with a character map, expected `identity`")
        }
      case 3: normalizer.addsDummyPrefix = try Self.need(value.flag, "add_dummy_prefix")
      case 4:
        normalizer.removesExtraWhitespace = try Self.need(value.flag, "remove_extra_whitespaces")
      case 5: normalizer.escapesWhitespace = try Self.need(value.flag, "escape_whitespaces")
      default: break
      }
    }
  }

  private static func need<T>(_ value: T?, _ what: String) throws(Failure) -> T {
    guard let value else {
      throw Failure(
        .invalidInput, code: "tokenizer/corrupt",
        "expected a SentencePiece model, found that \(what) cannot be read")
    }
    return value
  }

  static func unsupported(_ found: String) -> Failure {
    Failure(
      .mismatch, code: "tokenizer/unsupported", "found \(found)",
      remedy: "use the tokenizer.model of a LLaMA or Vicuna checkpoint")
  }
}
