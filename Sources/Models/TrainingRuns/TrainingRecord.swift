// A record of the input, from either kind of stream.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Records
import Streams
import Tensors

/// A record to train on, or the reason why it cannot be.
public enum TrainingRecord: Sendable {
  /// The images are features [rows, width] of any float type, or pixels U8 [side, side, 3].
  case learn(Record, images: [Tensor])
  /// An earlier tool's skip.
  case passOn(Record, SkipMark)
  /// A record that cannot be read.
  case broken(Record, Failure)

  /// A record of a tensor stream whose content is `clip-features` or `pixels`.
  public init(_ record: StreamRecord, of input: String) {
    let source = record.record(of: input)
    switch record {
    case .skip(let skip): self = .passOn(source, skip.mark)
    case .data(let data):
      if let mark = SkipMark(of: source.object) {
        self = .passOn(source, mark)
      } else if let pixels = data["pixels"] {
        let side = Array(pixels.shape.dropFirst())
        self = .learn(
          source,
          images: (0..<pixels.shape[0]).map { pixels.rows($0..<$0 + 1).reshaped(side) })
      } else if let images = data.images(of: "features") {
        self = .learn(source, images: images)
      } else {
        self = .broken(
          source,
          Failure(
            .invalidInput, code: "stream/image-rows",
            "image_rows do not add up to the rows of the features"))
      }
    }
  }

  /// A line of text alone.
  public init(_ line: ObjectLine) {
    let record = line.record
    if case .failure(let failure) = line.result {
      self = .broken(record, failure)
    } else if let mark = SkipMark(of: record.object) {
      self = .passOn(record, mark)
    } else {
      self = .learn(record, images: [])
    }
  }
}
