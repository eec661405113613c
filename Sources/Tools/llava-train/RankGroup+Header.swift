// The header of rank 0's stream, which all ranks check and take settings from.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Ranks
import Streams

extension RankGroup {
  /// Rank 0's `header`; nil for text alone.
  func sharedHeader(_ header: StreamHeader?) throws(Failure) -> StreamHeader? {
    if size == 1 { return header }
    let messages = try exchange(
      ["header": header.map { .object(Self.description($0)) } ?? .null], at: "the stream's header")
    if isFirst { return header }
    guard let found = messages[0]["header"]?.object else { return nil }
    return try Self.header(found)
  }

  private static func description(_ header: StreamHeader) -> JSONObject {
    var object: JSONObject = [
      "content": .string(header.content), "producer": .string(header.producer),
      "schema": .string(header.schema.json.serializedString),
      "metadata": .array(
        header.metadata.map { .array([.string($0.key), .string($0.value)]) }),
    ]
    object["model"] = header.model.map { .string($0) }
    object["config"] = header.config.map { .string($0) }
    object["input"] = header.input.map { .string($0) }
    return object
  }

  private static func header(_ object: JSONObject) throws(Failure) -> StreamHeader {
    let metadata = (object["metadata"]?.array ?? []).compactMap {
      pair -> (key: String, value: String)? in
      guard let pair = pair.array, pair.count == 2, let key = pair[0].string,
        let value = pair[1].string
      else { return nil }
      return (key, value)
    }
    return StreamHeader(
      content: object["content"]?.string ?? "",
      schema: try StreamSchema(parsing: object["schema"]?.string ?? ""),
      producer: object["producer"]?.string ?? "", model: object["model"]?.string,
      config: object["config"]?.string, input: object["input"]?.string, metadata: metadata)
  }
}
