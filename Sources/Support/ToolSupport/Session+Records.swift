// The fate of a record in every tool: it is made, skipped, or passed on as an earlier tool's skip.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import Tensors

extension Session {
  /// Writes the tensors that `make` returns for `record`, which has `images` of them; a skip record
  /// where the record is at fault, or a number among them is none; `takesAnyNumber`: such stay.
  public func write(
    _ record: Record, images: Int, to writer: TensorStreamWriter, metadata: StreamMetadata = [],
    takesAnyNumber: Bool = false, _ make: () throws(Failure) -> [(name: String, tensor: Tensor)]
  ) throws(Failure) {
    do throws(Failure) {
      let tensors = try make()
      if !takesAnyNumber {
        for (name, tensor) in tensors { try checkNumbers(of: tensor, named: name) }
      }
      try writer.write(id: record.id, json: record.source, tensors: tensors, metadata: metadata)
    } catch {
      return try skip(record, error, to: writer, metadata: metadata)
    }
    recordDone(images: images)
  }

  /// Throws `tensor/not-finite`.
  private func checkNumbers(of tensor: Tensor, named name: String) throws(Failure) {
    guard let place = tensor.firstNotFinite else { return }
    let found = tensor.doubles(place..<place + 1)[0].isNaN ? "NaN" : "infinity"
    throw Failure(
      .invalidInput, code: "tensor/not-finite",
      "expected finite numbers, found \(found) in element \(place) of its \(name)",
      remedy: "look for such weights with llava-weights inspect --verify")
  }

  /// Counts, reports and writes a skip.
  public func skip(
    _ record: Record, _ failure: Failure, to writer: TensorStreamWriter,
    metadata: StreamMetadata = []
  ) throws(Failure) {
    try recordSkipped(failure, at: record)
    try writer.skip(
      id: record.id, json: record.source, code: failure.code, message: failure.message,
      metadata: metadata)
  }

  /// Counts and writes the skip of an earlier tool, which reported it.
  public func passOn(
    _ record: Record, _ mark: SkipMark, to writer: TensorStreamWriter,
    metadata: StreamMetadata = []
  ) throws(Failure) {
    try skipPassedOn(mark, at: record)
    try writer.skip(
      id: record.id, json: record.source, code: mark.code, message: mark.message,
      metadata: metadata)
  }
}

extension Record {
  /// The object, nil where it has no members: then there is nothing to carry.
  fileprivate var source: JSONObject? { object.members.isEmpty ? nil : object }
}
