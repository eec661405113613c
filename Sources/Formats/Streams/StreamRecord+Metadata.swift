// What is made of a record's image, the same in order and in any order.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Safetensors
import Tensors

extension StreamHeader {
  /// The header whose record is all of `prefix`. Throws `stream/no-header` or `stream/schema`.
  init(_ metadata: RecordMetadata, prefix: [UInt8]) throws(Failure) {
    guard metadata.kind == .header, metadata.sequence == 0 else {
      throw RecordMetadata.fault("no-header", "expected a header with ts.seq 0 first")
    }
    self.init(
      content: metadata["ts.content"] ?? "",
      schema: try StreamSchema(parsing: metadata["ts.schema"] ?? ""),
      producer: metadata["ts.producer"] ?? "", model: metadata["ts.model"],
      config: metadata["ts.config"], input: metadata["ts.input"], metadata: metadata.user)
    var digest = SHA256()
    digest.update(prefix)
    self.digest = digest.hexadecimal()
  }

  /// Throws `stream/after-end` where a stream with the header `next` may not follow this one.
  func checkFollower(_ next: StreamHeader) throws(Failure) {
    guard content == next.content, schema == next.schema, model == next.model,
      config == next.config, recipe == next.recipe
    else {
      throw RecordMetadata.fault(
        "after-end",
        "a further stream whose content, schema, model, config or recipe is another")
    }
  }
}

extension StreamSchema {
  /// Throws `stream/schema` unless the tensors that `header` names are exactly the schema's.
  func check(_ header: SafetensorsHeader) throws(Failure) {
    try check(header.entries.map { ($0.name, $0.elementType, $0.shape) })
  }
}

extension DataRecord {
  /// Throws `stream/id`, `stream/schema`, `stream/json` or `stream/bool`.
  init(_ image: RecordImage, _ metadata: RecordMetadata, _ schema: StreamSchema) throws(Failure) {
    let id = try metadata.id()
    do {
      try schema.check(image.header)
      self.init(
        sequence: metadata.sequence, id: id, json: try metadata.json(),
        tensors: try image.tensors(), metadata: metadata.user)
    } catch {
      throw error.at("id=\(id)")
    }
  }
}

extension SkipRecord {
  /// Throws `stream/id` or `stream/json`.
  init(_ metadata: RecordMetadata) throws(Failure) {
    self.init(
      sequence: metadata.sequence, id: try metadata.id(), json: try metadata.json(),
      code: metadata["ts.error"] ?? "", message: metadata["ts.message"] ?? "",
      metadata: metadata.user)
  }
}

extension RecordMetadata {
  static var noBytes: Failure {
    var failure = fault("empty", "expected a tensor stream, found no bytes")
    failure.remedy = "see whether the tool before failed"
    return failure
  }

  static var noEnd: Failure {
    fault("no-end", "the input ends without an end record: its producer failed, or it was cut")
  }

  static var headerInside: Failure { fault("kind", "a header inside the stream") }
  static var bytesAfterEnd: Failure { fault("after-end", "bytes after the end record") }
}
