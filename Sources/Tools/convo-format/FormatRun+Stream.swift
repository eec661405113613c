// convo-format --show-mask of a tensor stream: its prompts, with the rows of its images.
// SPDX-License-Identifier: Apache-2.0
import Conversations
import InputOutput
import Records
import Streams
import Tokenizers
import ToolSupport

extension FormatRun {
  /// Prints each record's tokens of an input of either kind.
  func showMasks(_ input: String?, imageKey: String?, start: Int) throws(Failure) {
    switch try session.recordStream(input, refusesEmptyInput: false) {
    case .tensors(let reader): try showMasks(of: reader, start: start)
    case .objects(let reader):
      try showMasks(session.imageReader(reader, imageKey: imageKey, start: start))
    }
  }

  /// Prints the tokens of each record from number `start` on, as training will see them.
  private func showMasks(of reader: TensorStreamReader, start: Int) throws(Failure) {
    guard let tokenizer = formatter.options.tokenizer else { return }
    guard
      let tensor = ["features", "embeddings"].first(where: { reader.header.schema[$0] != nil }),
      reader.header.schema["image_rows"]?.elementType == .i32
    else {
      throw Failure(
        .mismatch, code: "stream/content", at: reader.name,
        "expected features of images, found a stream of \(reader.header.shownContent)",
        remedy: reader.header.schema["pixels"] == nil
          ? "pass the records through clip-encode"
          : "see what is trained of pixels with llava-train finetune --train-vision --inspect N")
    }
    let sink = try session.sink(isBinary: false)
    var (number, done) = (0, done)
    while let found = try reader.next() {
      number += 1
      let record = found.record(of: reader.name)
      guard number > start, done?.take(record.id) != true else { continue }
      if let mark = SkipMark(of: record.object) {
        try session.skipPassedOn(mark, at: record)
        continue
      }
      switch found {
      case .skip(let skip): try session.skipPassedOn(skip.mark, at: record)
      case .data(let data):
        do throws(Failure) {
          let table = try table(record, images: data.images(of: tensor)?.map(\.shape[0]), tokenizer)
          try sink.write(
            "# \(escapedForTerminal(record.id))\n" + table.text(colour: showsColours))
          session.recordDone()
        } catch {
          try session.recordSkipped(error, at: record)
        }
      }
    }
    guard number >= start else {
      throw Failure(
        .invalidInput, code: "input/too-short", at: reader.name,
        "expected at least the \(counted(start, "record")) to pass over, found \(number)",
        remedy: "see --start, and whether this is the input that it was meant for")
    }
    try sink.finish()
  }

  private func table(_ record: Record, images: [Int]?, _ tokenizer: Tokenizer) throws(Failure)
    -> MaskTable
  {
    guard let images else {
      throw Failure(
        .invalidInput, code: "stream/image-rows",
        "image_rows do not add up to the rows of the features")
    }
    guard let member = record.object["prompt"] else {
      throw Failure(
        .invalidInput, code: "prompt/missing", "the record has no `prompt` object",
        remedy: "pass the records through convo-format before clip-encode")
    }
    let prompt = try Prompt(member)
    var tokens = prompt.tokens
    if tokens == nil { tokens = try prompt.encoded(by: tokenizer) }
    guard let tokens, tokens.imageOrder.allSatisfy(images.indices.contains) else {
      throw Failure(
        .mismatch, code: "prompt/image-count",
        "the prompt names other images than the \(images.count) whose features the record carries",
        remedy: "pass the records through clip-encode")
    }
    return MaskTable(tokens, tokenizer) { images[$0] }
  }
}
